"""The command ``cellgrant``: one file for each group of commands, and nothing else imports it."""
