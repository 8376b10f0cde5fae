//! The day, for entries of `[[ignore]]` that end. The only clock whose time reaches an output.

use chrono::{Days, NaiveDate};
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that sets the day, such as `2027-01-31`: for runs that must be repeatable.
const VARIABLE: &str = "RINGFENCE_TODAY";

/// The day in UTC, or the one that `RINGFENCE_TODAY` gives.
///
/// # Errors
///
/// When the variable holds no date, or the clock is out of all bounds.
pub(super) fn today() -> Result<NaiveDate, String> {
    if let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let date = value.to_str().and_then(day);
        return date.ok_or_else(|| format!("`{VARIABLE}` is no date: write it as `2027-01-31`"));
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let days = Days::new(since.as_secs() / (24 * 60 * 60));
    NaiveDate::default().checked_add_days(days).ok_or_else(|| "the clock tells no usable day".to_owned())
}

fn day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    parts.next().is_none().then(|| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_in_one_way() {
        assert_eq!(day("2027-01-31"), NaiveDate::from_ymd_opt(2027, 1, 31));
        for text in ["2027-1-31", "2027-02-30", "2027-01-31-1", "+027-01-31", "27-01-31", "today", "2027-01"]
        {
            assert_eq!(day(text), None, "{text}");
        }
        assert_eq!(NaiveDate::default(), NaiveDate::from_ymd_opt(1970, 1, 1).unwrap());
    }
}
