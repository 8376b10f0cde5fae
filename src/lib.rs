//! Ringfence decides what S3 VPC endpoint policies and S3 bucket policies really allow, and finds the holes.
pub mod aws;
pub mod baseline;
pub mod cli;
pub mod config;
pub mod diff;
pub mod engine;
pub mod finding;
pub mod fix;
pub mod kind;
pub mod lint;
pub mod page;
pub mod policy;
pub mod project;
pub mod report;
pub mod rules;
pub mod source;
