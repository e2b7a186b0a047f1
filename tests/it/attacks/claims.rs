//! Attacks on what Herokey claims: a Heroku that does not know a token, or shows it in another form.
