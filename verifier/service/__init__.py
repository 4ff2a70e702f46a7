"""The verifier as a service: the public page's back end, and what banks and tenderers call.

It needs the extra `verifier-service`. Nothing outside this folder imports it but the application.
"""
