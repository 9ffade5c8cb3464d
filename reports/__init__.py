"""From the store to answers: scores, statistics, figures and tables. Never imports tensorflow."""
