"""Discussion: who said what about a demande, which documents are awaited, what is left to read.

It owns one stream per demande with its successive discussions. Only the service in charge opens and closes one; the
applicant answers, joins documents and reads.
"""
