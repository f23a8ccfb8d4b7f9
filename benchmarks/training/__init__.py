"""Training and scoring of networks, as jobs: what is asked, who does it, what came of it."""
