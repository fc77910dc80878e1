"""What is done to a file before anybody else may open it (OWASP ASVS 5.0 V5).

`kinds` compares name, declared type and first bytes in the service itself; `child` hands what is left to a limited
process, where `inspection` lets Pillow (`images`) or qpdf (`documents`) parse it. `refusals` is the only place with
the sentences people read, `names` the only one that writes a file name into a header.
"""
