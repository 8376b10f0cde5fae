//! Where the documentation about a built-in rule stands.

/// Where the documentation stands on the web, from `homepage` in Cargo.toml; empty as long as it stands nowhere.
const SITE: &str = env!("CARGO_PKG_HOMEPAGE");

/// The page about a built-in rule: its address or, as long as there is none, its path in the repository.
#[must_use]
pub fn page(rule: &str) -> String {
    at(SITE, rule)
}

fn at(site: &str, rule: &str) -> String {
    match site.trim_end_matches('/') {
        "" => format!("docs/rules/{rule}.md"),
        site => format!("{site}/rules/{rule}.html"),
    }
}

/// Whether a page has an address, and not only a path.
#[must_use]
pub fn is_address(page: &str) -> bool {
    page.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_address_once_there_is_a_site() {
        assert_eq!(at("", "policy-size"), "docs/rules/policy-size.md");
        for site in ["https://docs.example/ringfence", "https://docs.example/ringfence/"] {
            assert_eq!(at(site, "policy-size"), "https://docs.example/ringfence/rules/policy-size.html");
            assert!(is_address(&at(site, "policy-size")));
        }
        assert!(!is_address(&at("", "policy-size")));
    }
}
