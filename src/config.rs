//! stand-in
/// t
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// v
    pub vpcs: Vec<String>,
    /// v
    pub vpc_endpoints: Vec<String>,
    /// v
    pub accounts: Vec<String>,
    /// v
    pub organizations: Vec<String>,
    /// v
    pub buckets: Vec<String>,
    /// v
    pub principals: Vec<String>,
    /// v
    pub ip_ranges: Vec<String>,
}
