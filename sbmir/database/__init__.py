"""The reference database: records, MongoDB, and the private server. Only here is pymongo known."""

from sbmir.database.connection import connect

__all__ = ["connect"]
