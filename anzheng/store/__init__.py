"""The only database code: tables, migrations and one repository a topic."""
