//! Attacks by the variables that name Heroku's hosts.
