"""The verbs at a prompt, by subject: each joins the app as `audit.cli` imports it, by the list there."""
