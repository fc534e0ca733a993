"""At a department's server, a reader study needs a user who may write: it is said beforehand."""

from dataclasses import replace

from stand_ins import department_server

from sbmir.commands.study import mistakes_of_store
from sbmir.config.application import read_app_config
from sbmir.config.mongodb import MongoSettings
from sbmir.layout import APP_CONFIG


def test_who_may_only_read_the_database_is_told_before_the_readers_come(tmp_path):
    config = replace(read_app_config(APP_CONFIG), project_name="clinic")
    with department_server(tmp_path, "clinic") as addresses:
        curator, reader = (
            replace(config, mongodb=MongoSettings(uri=addresses[name]))
            for name in ("curator", "reader")
        )
        assert mistakes_of_store(curator) == []
        (mistake,) = mistakes_of_store(reader)
    assert mistake.startswith("answers cannot be stored in the database: ")
    assert "does not accept the user" in mistake
    assert "PASSWORD" not in mistake
