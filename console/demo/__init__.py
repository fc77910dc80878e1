"""The whole journey of a demande, played through the public API of a running Guichet."""
