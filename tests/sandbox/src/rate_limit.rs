//! The rate limit: a pool of requests for each account.

use time::OffsetDateTime;

const CAPACITY: f64 = 4_500.0;
const REFILL_PER_SECOND: f64 = 75.0 / 60.0;

/// One account's pool: 4,500 requests, refilled by 75 a minute (Heroku's Platform API Reference, "Rate Limits").
#[derive(Debug)]
pub(crate) struct RequestPool {
    left: f64,
    updated_at: OffsetDateTime,
}

impl RequestPool {
    pub(crate) fn full(now: OffsetDateTime) -> Self {
        Self { left: CAPACITY, updated_at: now }
    }

    /// A pool with this many requests left.
    pub(crate) fn holding(requests: u16, now: OffsetDateTime) -> Self {
        Self { left: f64::from(requests).min(CAPACITY), updated_at: now }
    }

    /// Takes one request from the pool and returns how many are left, or `None` if the pool is empty.
    pub(crate) fn draw(&mut self, now: OffsetDateTime) -> Option<u16> {
        let refill = (now - self.updated_at).as_seconds_f64().max(0.0) * REFILL_PER_SECOND;
        self.left = (self.left + refill).min(CAPACITY);
        self.updated_at = now;
        if self.left < 1.0 {
            return None;
        }
        self.left -= 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the lines above keep it between 0 and 4,499"
        )]
        Some(self.left as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn empties_after_4500_requests_and_refills_by_75_a_minute() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let mut pool = RequestPool::full(start);
        assert_eq!(pool.draw(start), Some(4_499));
        assert_eq!((0..4_499).filter_map(|_| pool.draw(start)).last(), Some(0));
        assert_eq!(pool.draw(start), None);
        let minute_later = start + Duration::minutes(1);
        assert_eq!(pool.draw(minute_later), Some(74));
        assert_eq!(
            pool.draw(minute_later + Duration::days(1)),
            Some(4_499),
            "the pool never exceeds its capacity"
        );
    }
}
