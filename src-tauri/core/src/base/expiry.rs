//! When a token ends: what is known of it, in words, and when a person must be told. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// When a token stops working.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expiry {
    /// Heroku has not said.
    #[default]
    Unknown,
    /// It does not expire.
    Never,
    /// Then.
    At(Timestamp),
}

/// How near the end is. A person is told of each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// At most seven days are left.
    SevenDays,
    /// At most one day is left.
    OneDay,
    /// It is over.
    Ended,
}

impl Stage {
    const ALL: [Self; 3] = [Self::SevenDays, Self::OneDay, Self::Ended];

    fn seconds_before_end(self) -> i64 {
        match self {
            Self::SevenDays => 7 * DAY,
            Self::OneDay => DAY,
            Self::Ended => 0,
        }
    }
}

/// What Heroku has said about a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// When it ends.
    pub expiry: Expiry,
    /// When it was made, if that is known.
    pub made_at: Option<Timestamp>,
    /// Since when Heroku is known to refuse it.
    pub refused_at: Option<Timestamp>,
    /// The last stage that a person was told of.
    pub told: Option<Stage>,
    /// Another token takes its place before it ends, without anybody being asked.
    #[serde(default)]
    pub renewable: bool,
}

/// How long before its end a token is renewed.
const RENEWED_BEFORE: i64 = HOUR;

impl Life {
    /// The token's expiry for a person: "expires in 23 days".
    pub fn words(&self, now: Timestamp) -> String {
        match self.expiry {
            _ if self.refused_at.is_some() => "refused by Heroku".to_owned(),
            Expiry::Unknown => "expiry unknown".to_owned(),
            Expiry::Never => "does not expire".to_owned(),
            Expiry::At(at) => {
                let left = at.as_second() - now.as_second();
                let (unit, count) = rounded(left.abs());
                match (left > 0, unit) {
                    (true, _) if self.renewable => "renews itself".to_owned(),
                    (true, _) if count == 0 => "expires within the hour".to_owned(),
                    (true, unit) => format!("expires in {}", counted(count, unit)),
                    (false, _) if count == 0 => "expired just now".to_owned(),
                    (false, unit) => format!("expired {} ago", counted(count, unit)),
                }
            }
        }
    }

    /// When the token is to be renewed; `None` where it does not renew itself. Of a token for less than four hours the
    /// last quarter is time enough; one that Heroku refuses is late.
    pub fn renews_at(&self) -> Option<Timestamp> {
        if self.renewable && self.refused_at.is_some() {
            return self.refused_at;
        }
        let (Expiry::At(at), true) = (self.expiry, self.renewable) else { return None };
        let lived = self.made_at.map_or(i64::MAX, |made| at.as_second() - made.as_second());
        Timestamp::from_second(at.as_second() - (lived / 4).clamp(0, RENEWED_BEFORE)).ok()
    }

    /// How near the end is now. A stage that lies before the token was made does not count: a token for eight hours
    /// is not "about to expire" from its first minute.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        let Expiry::At(at) = self.expiry else { return None };
        let begins = |stage: Stage| at.as_second() - stage.seconds_before_end();
        let counts = |stage: Stage| self.made_at.is_none_or(|made| begins(stage) > made.as_second());
        Stage::ALL.into_iter().rfind(|stage| begins(*stage) <= now.as_second() && counts(*stage))
    }

    /// The stage that a person must be told of now.
    pub fn due(&self, now: Timestamp) -> Option<Stage> {
        if self.refused_at.is_some() {
            return None;
        }
        self.stage(now).filter(|stage| self.told.is_none_or(|told| told < *stage))
    }

    /// When [`words`](Self::words) or [`due`](Self::due) will next answer something else; `None`: never.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let Expiry::At(at) = self.expiry else { return None };
        if self.refused_at.is_some() {
            return None;
        }
        let (at, now) = (at.as_second(), now.as_second());
        let (unit, count) = rounded((at - now).abs());
        // Words change in the middle between two counts, and where a larger unit ends.
        let in_words = if now < at {
            let half = unit * (2 * count - 1) / 2;
            [at - half + 1, at - DAY + 1, at - HOUR + 1]
        } else {
            [at + unit * (2 * count + 1) / 2, at + HOUR, at + DAY]
        };
        let stages = Stage::ALL.map(|stage| at - stage.seconds_before_end());
        let next = in_words.into_iter().chain(stages).filter(|moment| *moment > now).min()?;
        Timestamp::from_second(next).ok()
    }
}

/// Whole days from a day on, else whole hours, to the nearest; none within the last hour.
fn rounded(seconds: i64) -> (i64, i64) {
    let unit = if seconds >= DAY { DAY } else { HOUR };
    if seconds < HOUR { (unit, 0) } else { (unit, (seconds + unit / 2) / unit) }
}

fn counted(count: i64, unit: i64) -> String {
    let name = if unit == DAY { "day" } else { "hour" };
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 2_000_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn life() -> Life {
        Life { expiry: Expiry::At(at(END)), made_at: Some(at(END - 30 * DAY)), ..Life::default() }
    }

    fn words_with(left: i64) -> String {
        life().words(at(END - left))
    }

    #[test]
    fn is_said_in_words() {
        assert_eq!(Life::default().words(at(0)), "expiry unknown");
        assert_eq!(Life { expiry: Expiry::Never, ..Life::default() }.words(at(0)), "does not expire");
        assert_eq!(words_with(30 * DAY - 5), "expires in 30 days");
        assert_eq!(words_with(DAY + HOUR), "expires in 1 day");
        assert_eq!(words_with(8 * HOUR - 1), "expires in 8 hours");
        assert_eq!(words_with(HOUR), "expires in 1 hour");
        assert_eq!(words_with(59 * 60), "expires within the hour");
        assert_eq!(words_with(0), "expired just now");
        assert_eq!(words_with(-3 * HOUR), "expired 3 hours ago");
        assert_eq!(words_with(-2 * DAY), "expired 2 days ago");
        let refused = Life { refused_at: Some(at(END)), ..life() };
        assert_eq!(refused.words(at(0)), "refused by Heroku");
    }

    #[test]
    fn is_told_three_times_however_long_the_sleep() {
        let mut life = life();
        let mut told = Vec::new();
        // From one `next` to the one after, as the timer goes, and no further than a day after the end.
        let mut now = at(END - 30 * DAY);
        while now < at(END + DAY) {
            if let Some(stage) = life.due(now) {
                told.push((END - now.as_second(), stage));
                life.told = Some(stage);
            }
            now = life.next(now).unwrap();
        }
        assert_eq!(told, [(7 * DAY, Stage::SevenDays), (DAY, Stage::OneDay), (0, Stage::Ended)]);

        let slept = Life { told: Some(Stage::SevenDays), ..self::life() };
        assert_eq!(slept.due(at(END + 5 * DAY)), Some(Stage::Ended), "what was slept through is told once");
    }

    #[test]
    fn words_never_change_between_two_moments_of_the_timer() {
        let life = life();
        let mut now = at(END - 9 * DAY);
        while now < at(END + 3 * DAY) {
            let next = life.next(now).unwrap();
            assert!(next > now);
            let just_before = at(next.as_second() - 1);
            assert_eq!(life.words(now), life.words(just_before), "from {now} to {next}");
            now = next;
        }
    }

    #[test]
    fn a_short_life_is_no_alarm() {
        let made = at(END - 8 * HOUR);
        let life = Life { made_at: Some(made), ..life() };
        assert_eq!(life.due(made), None);
        assert_eq!(life.due(at(END - 1)), None);
        assert_eq!(life.due(at(END)), Some(Stage::Ended));
        let of_unknown_age = Life { made_at: None, ..life };
        assert_eq!(of_unknown_age.due(made), Some(Stage::OneDay));
    }

    #[test]
    fn is_renewed_in_its_last_hour() {
        let renewable = Life { renewable: true, made_at: Some(at(END - 8 * HOUR)), ..life() };
        assert_eq!(renewable.renews_at(), Some(at(END - HOUR)));
        assert_eq!(renewable.words(at(END - HOUR)), "renews itself");
        assert_eq!(renewable.words(at(END + 2 * HOUR)), "expired 2 hours ago");
        let shorter = Life { made_at: Some(at(END - 40)), ..renewable };
        assert_eq!(shorter.renews_at(), Some(at(END - 10)));
        assert_eq!(life().renews_at(), None);
        assert_eq!(Life { refused_at: Some(at(9)), ..renewable }.renews_at(), Some(at(9)));
    }

    #[test]
    fn nothing_is_due_without_an_end() {
        for expiry in [Expiry::Unknown, Expiry::Never] {
            let life = Life { expiry, ..Life::default() };
            assert_eq!((life.due(at(END)), life.next(at(END))), (None, None));
        }
        let refused = Life { refused_at: Some(at(0)), ..life() };
        assert_eq!((refused.due(at(END)), refused.next(at(0))), (None, None));
    }
}
