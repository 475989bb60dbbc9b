"""Mail on its way out: queue, sender, words, SMTP."""
