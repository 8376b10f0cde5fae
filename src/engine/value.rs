//! Values of condition keys as policies and requests write them: numbers, booleans, addresses and times (fact sheet D5).

use ipnet::IpNet;

/// A decimal number.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|n: &f64| plain && n.is_finite())
}

/// `true` or `false`, in any letter case (fact sheet D5).
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address or CIDR range; host bits are ignored, no prefix length means one address (fact sheet D5).
#[must_use]
pub fn net(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(net) => Some(net.trunc()),
        Err(_) => text.parse::<std::net::IpAddr>().ok().map(IpNet::from),
    }
}

/// A time in milliseconds since 1970: the W3C profile of ISO 8601, or seconds since 1970 (fact sheet D5).
#[must_use]
pub fn time(text: &str) -> Option<i64> {
    if let Some(seconds) = number(text) {
        // A four-digit number is a year in the W3C profile, but AWS's epoch form is all digits too: epoch wins.
        let millis = seconds * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "checked to lie within i64's exact range")]
        return (millis.abs() < 9e15).then_some(millis as i64);
    }
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(instant.timestamp_millis());
    }
    // Minutes without seconds, and dates without a time.
    if let Some((date, rest)) = text.split_once('T') {
        let zone = rest.find(['Z', '+', '-'])?;
        let (clock, zone) = (rest.get(..zone)?, rest.get(zone..)?);
        let full = format!("{date}T{clock}:00{zone}");
        return chrono::DateTime::parse_from_rfc3339(&full).ok().map(|i| i.timestamp_millis());
    }
    let full = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => return None,
    };
    chrono::DateTime::parse_from_rfc3339(&full).ok().map(|i| i.timestamp_millis())
}
