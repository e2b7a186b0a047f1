//! When a token expires, how to say so, and when to warn the user.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// When a token expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expiry {
    /// Heroku has not said.
    #[default]
    Unknown,
    /// It does not expire.
    Never,
    /// It expires at this time.
    At(Timestamp),
}

/// How close a token is to its expiry. The user is notified once for each stage that suits the token's lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// At most seven days are left.
    SevenDays,
    /// At most one day is left.
    OneDay,
    /// At most one hour is left.
    OneHour,
    /// At most ten minutes are left.
    TenMinutes,
    /// It has expired.
    Ended,
}

impl Stage {
    /// The warnings, the earliest first.
    const WARNINGS: [Self; 4] = [Self::SevenDays, Self::OneDay, Self::OneHour, Self::TenMinutes];

    /// The stages of a token that is valid for this many seconds: two warnings, of which the first comes in the last quarter
    /// of its lifetime, and the end. A very short one has fewer.
    fn of_lifetime(seconds: i64) -> impl DoubleEndedIterator<Item = Self> {
        let warnings: Vec<Self> = Self::WARNINGS
            .into_iter()
            .filter(|stage| stage.seconds_before_end() <= seconds / 4)
            .take(2)
            .chain([Self::Ended])
            .collect();
        warnings.into_iter()
    }

    fn seconds_before_end(self) -> i64 {
        match self {
            Self::SevenDays => 7 * DAY,
            Self::OneDay => DAY,
            Self::OneHour => HOUR,
            Self::TenMinutes => 10 * MINUTE,
            Self::Ended => 0,
        }
    }
}

/// What Herokey knows from Heroku about a token's validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLifetime {
    /// When it expires.
    pub expiry: Expiry,
    /// When it was created, if known.
    pub made_at: Option<Timestamp>,
    /// When Heroku was first seen to refuse it.
    pub refused_at: Option<Timestamp>,
    /// The last stage that the user was notified of.
    pub told: Option<Stage>,
    /// Herokey replaces it with a new token before it expires, without asking.
    #[serde(default)]
    pub renewable: bool,
    /// When Heroku said so, by this machine's clock.
    #[serde(default)]
    pub seen_at: Option<Timestamp>,
}

/// How many seconds before its expiry a token is renewed.
const RENEWED_BEFORE: i64 = HOUR;
/// How many seconds this machine's clock may be set back, or differ from Heroku's, without any consequence.
const CLOCK_TOLERANCE: i64 = HOUR;

impl TokenLifetime {
    /// The expiry in words, such as "expires in 23 days".
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
                    (true, _) if left <= 10 * MINUTE => "expires within 10 minutes".to_owned(),
                    (true, _) if count == 0 => "expires within the hour".to_owned(),
                    (true, unit) => format!("expires in {}", counted(count, unit)),
                    (false, _) if count == 0 => "expired just now".to_owned(),
                    (false, unit) => format!("expired {} ago", counted(count, unit)),
                }
            }
        }
    }

    /// True if the clock of this machine was wrong when the lifetime was recorded, so the expiry is wrong, too. It was ahead
    /// if that moment is still to come; it was behind if the token did not exist yet.
    pub fn has_wrong_clock(&self, now: Timestamp) -> bool {
        self.seen_at.is_some_and(|seen| {
            let is_before = |other: Timestamp| seen.as_second() + CLOCK_TOLERANCE < other.as_second();
            seen.as_second() > now.as_second() + CLOCK_TOLERANCE || self.made_at.is_some_and(is_before)
        })
    }

    /// When to renew the token: an hour before it expires, or in the last quarter of a lifetime shorter than four hours. A
    /// refused token is due at once, even if it was refused while the clock was ahead. `None` if the token is not renewable.
    pub fn renews_at(&self, now: Timestamp) -> Option<Timestamp> {
        if let Some(refused_at) = self.refused_at.filter(|_| self.renewable) {
            return Some(refused_at.min(now));
        }
        let (Expiry::At(at), true) = (self.expiry, self.renewable) else { return None };
        Timestamp::from_second(at.as_second() - (self.seconds() / 4).clamp(0, RENEWED_BEFORE)).ok()
    }

    /// The current stage. Which stages a token has depends on its lifetime: one of eight hours is not "about to expire" from
    /// its first minute, and one of a month needs no warning in its last minutes.
    pub fn stage(&self, now: Timestamp) -> Option<Stage> {
        let Expiry::At(at) = self.expiry else { return None };
        let left = at.as_second() - now.as_second();
        Stage::of_lifetime(self.seconds()).rfind(|stage| left <= stage.seconds_before_end())
    }

    /// How many seconds the token is valid from its creation; without end if that is not known.
    fn seconds(&self) -> i64 {
        match (self.expiry, self.made_at) {
            (Expiry::At(at), Some(made)) => at.as_second() - made.as_second(),
            _ => i64::MAX,
        }
    }

    /// The stage that the user must be notified of now. A stage that is still far away does not count as told: the clock
    /// was ahead then.
    pub fn due(&self, now: Timestamp) -> Option<Stage> {
        let Expiry::At(at) = self.expiry else { return None };
        if self.refused_at.is_some() {
            return None;
        }
        let has_begun =
            |told: &Stage| at.as_second() - told.seconds_before_end() <= now.as_second() + CLOCK_TOLERANCE;
        let told = self.told.filter(has_begun);
        self.stage(now).filter(|stage| told.is_none_or(|told| told < *stage))
    }

    /// When the result of [`words`](Self::words) or [`due`](Self::due) will next change. `None` if it never will.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let Expiry::At(at) = self.expiry else { return None };
        if self.refused_at.is_some() {
            return None;
        }
        let (at, now) = (at.as_second(), now.as_second());
        let (unit, count) = rounded((at - now).abs());
        // The words change halfway between two counts, and when days become hours.
        let in_words = if now < at {
            let half = unit * (2 * count - 1) / 2;
            vec![at - half + 1, at - DAY + 1, at - HOUR + 1, at - 10 * MINUTE]
        } else {
            vec![at + unit * (2 * count + 1) / 2, at + HOUR, at + DAY]
        };
        let stages = Stage::of_lifetime(self.seconds()).map(|stage| at - stage.seconds_before_end());
        let next = in_words.into_iter().chain(stages).filter(|moment| *moment > now).min()?;
        Timestamp::from_second(next).ok()
    }
}

/// Rounds to the nearest number of days, or of hours if it is less than a day. Less than an hour counts as none.
fn rounded(seconds: i64) -> (i64, i64) {
    let unit = if seconds >= DAY { DAY } else { HOUR };
    if seconds < HOUR { (unit, 0) } else { (unit, (seconds + unit / 2) / unit) }
}

/// How long ago something was, such as "3 days ago". `None` for a time that is still to come, as a wrong clock has it.
pub fn ago(then: Timestamp, now: Timestamp) -> Option<String> {
    let seconds = now.as_second() - then.as_second();
    match rounded(seconds) {
        _ if seconds < 0 => None,
        (_, 0) => Some("less than an hour ago".to_owned()),
        (unit, count) => Some(format!("{} ago", counted(count, unit))),
    }
}

fn counted(count: i64, unit: i64) -> String {
    let name = if unit == DAY { "day" } else { "hour" };
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

/// A day as people in this time zone read it: "2026-01-31".
pub fn day_in(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%F").to_string()
}

/// A time as people in this time zone read it, to the minute: "2026-01-31 09:30".
pub fn time_in(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%F %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 2_000_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lifetime() -> TokenLifetime {
        TokenLifetime {
            expiry: Expiry::At(at(END)),
            made_at: Some(at(END - 30 * DAY)),
            ..TokenLifetime::default()
        }
    }

    fn words_with(left: i64) -> String {
        lifetime().words(at(END - left))
    }

    #[test]
    fn the_words_for_an_expiry() {
        assert_eq!(TokenLifetime::default().words(at(0)), "expiry unknown");
        assert_eq!(
            TokenLifetime { expiry: Expiry::Never, ..TokenLifetime::default() }.words(at(0)),
            "does not expire"
        );
        assert_eq!(words_with(30 * DAY - 5), "expires in 30 days");
        assert_eq!(words_with(DAY + HOUR), "expires in 1 day");
        assert_eq!(words_with(8 * HOUR - 1), "expires in 8 hours");
        assert_eq!(words_with(HOUR), "expires in 1 hour");
        assert_eq!(words_with(59 * 60), "expires within the hour");
        assert_eq!(words_with(10 * 60), "expires within 10 minutes");
        assert_eq!(words_with(0), "expired just now");
        assert_eq!(words_with(-3 * HOUR), "expired 3 hours ago");
        assert_eq!(words_with(-2 * DAY), "expired 2 days ago");
        let refused = TokenLifetime { refused_at: Some(at(END)), ..lifetime() };
        assert_eq!(refused.words(at(0)), "refused by Heroku");
    }

    #[test]
    fn three_notifications_however_long_the_machine_sleeps() {
        let mut lifetime = lifetime();
        let mut told = Vec::new();
        // As the timer does it: from one `next` to the following one.
        let mut now = at(END - 30 * DAY);
        while now < at(END + DAY) {
            if let Some(stage) = lifetime.due(now) {
                told.push((END - now.as_second(), stage));
                lifetime.told = Some(stage);
            }
            now = lifetime.next(now).unwrap();
        }
        assert_eq!(told, [(7 * DAY, Stage::SevenDays), (DAY, Stage::OneDay), (0, Stage::Ended)]);

        let slept = TokenLifetime { told: Some(Stage::SevenDays), ..self::lifetime() };
        assert_eq!(
            slept.due(at(END + 5 * DAY)),
            Some(Stage::Ended),
            "only the latest stage after a long sleep"
        );
    }

    #[test]
    fn what_was_told_while_the_clock_was_ahead_is_told_again() {
        let told = TokenLifetime { told: Some(Stage::Ended), ..lifetime() };
        assert_eq!(told.due(at(END - 20 * DAY)), None);
        assert_eq!(told.due(at(END - 7 * DAY)), Some(Stage::SevenDays));
        assert_eq!(told.due(at(END - DAY)), Some(Stage::OneDay));
        assert_eq!(told.due(at(END - 60)), None, "a clock that is corrected by a minute repeats nothing");
        assert_eq!(told.due(at(END)), None);
    }

    #[test]
    fn an_expiry_from_a_wrong_clock_is_recognized() {
        let seen = |second| TokenLifetime { seen_at: Some(at(second)), ..lifetime() };
        let made = END - 30 * DAY;
        let is_wrong = |second| seen(second).has_wrong_clock(at(made + DAY));
        assert!(is_wrong(made + 400 * DAY), "it was ahead");
        assert!(is_wrong(0), "it was behind");
        assert!(!is_wrong(made - 60) && !is_wrong(made + DAY) && !is_wrong(made + DAY + 60));
        assert!(!lifetime().has_wrong_clock(at(made)), "recorded by an earlier version");
    }

    #[test]
    fn the_words_change_only_when_the_timer_rings() {
        let lifetime = lifetime();
        let mut now = at(END - 9 * DAY);
        while now < at(END + 3 * DAY) {
            let next = lifetime.next(now).unwrap();
            assert!(next > now);
            let just_before = at(next.as_second() - 1);
            assert_eq!(lifetime.words(now), lifetime.words(just_before), "from {now} to {next}");
            now = next;
        }
    }

    #[test]
    fn the_warnings_suit_the_lifetime() {
        use Stage::{Ended, OneDay, OneHour, SevenDays, TenMinutes};
        for (seconds, stages) in [
            (365 * DAY, &[SevenDays, OneDay, Ended][..]),
            (30 * DAY, &[SevenDays, OneDay, Ended]),
            (14 * DAY, &[OneDay, OneHour, Ended]),
            (DAY, &[OneHour, TenMinutes, Ended]),
            (8 * HOUR, &[OneHour, TenMinutes, Ended]),
            (HOUR, &[TenMinutes, Ended]),
            (10 * MINUTE, &[Ended]),
        ] {
            assert_eq!(Stage::of_lifetime(seconds).collect::<Vec<_>>(), stages, "{seconds}");
        }
        let made = at(END - 8 * HOUR);
        let lifetime = TokenLifetime { made_at: Some(made), ..lifetime() };
        assert_eq!(lifetime.due(made), None);
        assert_eq!(lifetime.due(at(END - HOUR)), Some(OneHour));
        assert_eq!(lifetime.due(at(END - 10 * MINUTE)), Some(TenMinutes));
        let of_unknown_age = TokenLifetime { made_at: None, ..lifetime };
        assert_eq!(of_unknown_age.due(made), Some(OneDay));
    }

    #[test]
    fn a_renewable_token_is_renewed_in_its_last_hour() {
        let renewable = TokenLifetime { renewable: true, made_at: Some(at(END - 8 * HOUR)), ..lifetime() };
        let renews_at = |lifetime: TokenLifetime| lifetime.renews_at(at(END - DAY));
        assert_eq!(renews_at(renewable), Some(at(END - HOUR)));
        assert_eq!(renewable.words(at(END - HOUR)), "renews itself");
        assert_eq!(renewable.words(at(END + 2 * HOUR)), "expired 2 hours ago");
        let shorter = TokenLifetime { made_at: Some(at(END - 40)), ..renewable };
        assert_eq!(renews_at(shorter), Some(at(END - 10)));
        assert_eq!(renews_at(lifetime()), None);
        assert_eq!(renews_at(TokenLifetime { refused_at: Some(at(9)), ..renewable }), Some(at(9)));
        let refused = TokenLifetime { refused_at: Some(at(END + 9 * DAY)), ..renewable };
        assert_eq!(renews_at(refused), Some(at(END - DAY)), "the clock was ahead");
    }

    #[test]
    fn nothing_is_due_without_an_expiry() {
        for expiry in [Expiry::Unknown, Expiry::Never] {
            let lifetime = TokenLifetime { expiry, ..TokenLifetime::default() };
            assert_eq!((lifetime.due(at(END)), lifetime.next(at(END))), (None, None));
        }
        let refused = TokenLifetime { refused_at: Some(at(0)), ..lifetime() };
        assert_eq!((refused.due(at(END)), refused.next(at(0))), (None, None));
    }
}
