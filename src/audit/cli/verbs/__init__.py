"""The verbs at a prompt, by subject: each joins the app as it is imported."""
