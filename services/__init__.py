"""The five services: identity, dossiers, discussion, files and notifier. None imports another."""
