//! How often something may be asked for by all together: so many a minute, at once or spread. Two numbers, whoever asks and however often.

use std::cell::Cell;

const MINUTE_MS: u64 = 60_000;

/// A bucket that fills by itself. What is in it is counted in parts of one, each worth a millisecond's share of a minute.
#[derive(Debug, Default)]
pub struct Throttle {
    /// What was taken and has not come back yet.
    owed: Cell<u64>,
    looked_at: Cell<u64>,
}

impl Throttle {
    /// Takes one, of so many a minute. `now` in milliseconds, and only ahead.
    ///
    /// # Errors
    /// There is none left; in how many milliseconds there will be one.
    pub fn take(&self, now: u64, per_minute: u32) -> Result<(), u64> {
        let per_minute = u64::from(per_minute.max(1));
        let passed = now.saturating_sub(self.looked_at.replace(now));
        let owed = self.owed.get().saturating_sub(passed.saturating_mul(per_minute));
        let most = (per_minute - 1) * MINUTE_MS;
        if owed > most && !mutant!("throttles-open") {
            self.owed.set(owed);
            return Err((owed - most).div_ceil(per_minute));
        }
        self.owed.set(owed + MINUTE_MS);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_one_by_one() {
        let throttle = Throttle::default();
        for _ in 0..6 {
            assert_eq!(throttle.take(1_000, 6), Ok(()));
        }
        assert_eq!(throttle.take(1_000, 6), Err(10_000));
        assert_eq!(throttle.take(10_999, 6), Err(1));
        assert_eq!(throttle.take(11_000, 6), Ok(()));
        assert_eq!(throttle.take(11_000, 6), Err(10_000));
        for _ in 0..6 {
            assert_eq!(throttle.take(1_000_000, 6), Ok(()), "it fills up, and no further");
        }
        assert_eq!(throttle.take(1_000_000, 6), Err(10_000));
    }

    #[test]
    fn who_asks_again_and_again_waits_no_longer_for_it() {
        let throttle = Throttle::default();
        let taken = (0..600_000).filter(|now| throttle.take(*now, 30).is_ok()).count();
        assert!((299..=330).contains(&taken), "{taken} in ten minutes");
    }
}
