"""What earlier releases wrote is read, and what they are doing at this moment is not disturbed.

> `write_store` with an earlier release's code -> a file of keys -> restored into a server -> read, and delivered, by this release
"""
