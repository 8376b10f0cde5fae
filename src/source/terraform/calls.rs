//! Calls of modules: those in folders here are followed; of a few that many use, the arguments that are policies are known.
//!
//! Sources: the documentation of the modules in the registry, `terraform-aws-modules/s3-bucket`, `terraform-aws-modules/vpc`,
//! `cloudposse/vpc` and `cloudposse/s3-bucket`.

use super::eval::{Eval, entries, words};
use super::hcl::{Block, SourceFile};
use super::module::{Call, Module};
use super::work::World;
use super::{MAX_CALLS, Policy, Reader, Resource};
use crate::source::deployed::{Found, is_s3, quoted};
use crate::source::locate::Wrapper;
use crate::source::syntax_error::{SyntaxError, SyntaxErrorKind};
use crate::source::tree::{Node, Value};

impl Reader<'_> {
    pub(super) fn call(&self, module: &Module<'_>, file: &SourceFile, block: &Block, found: &mut Found) {
        let work = self.work(World::new());
        let eval = Eval { module, loader: self.loader, work: &work };
        let call = Call { module, file, block };
        let Some(source) = block.get("source").map(|source| eval.attribute(file, source, None)) else {
            return;
        };
        let Some(source) = source.text().and_then(|text| text.known()) else { return };
        if source.starts_with('.') {
            if module.depth < MAX_CALLS
                && let Some(called) = eval.called(call)
            {
                self.called(module, &called, block.header, found);
            }
            return;
        }
        let has = |words: &[&str]| words.iter().all(|word| source.contains(word));
        if has(&["s3-bucket"]) {
            self.bucket_module(call, &eval, found);
        } else if has(&["vpc", "endpoints"])
            && (has(&["terraform-aws-modules"]) || has(&["terraform-aws-vpc"]))
        {
            self.endpoints_module(call, &eval, found);
        } else if has(&["terraform-aws-modules", "vpc"]) {
            self.vpc_module(call, &eval, found);
        }
    }

    /// `policy` is attached when `attach_policy` is true.
    fn bucket_module(&self, call: Call<'_>, eval: &Eval<'_>, found: &mut Found) {
        let Call { module, file, block } = call;
        let Some(policy) = block.get("policy") else { return };
        let attached = block.get("attach_policy").map(|a| eval.attribute(file, a, None).value);
        let is_cloudposse = block.get("attach_policy").is_none()
            && block.get("source").is_some_and(|a| words(file, a).contains("cloudposse"));
        if !is_cloudposse && matches!(attached, None | Some(Value::Bool(false))) {
            return;
        }
        let policy = Policy::Written(file, policy);
        let resource = Resource::of(module, file, block, Wrapper::BucketPolicyResource, policy);
        self.ways(module, &resource, None, found);
    }

    /// `endpoints`, or `gateway_vpc_endpoints` and `interface_vpc_endpoints`: a map of endpoints with their services and policies.
    fn endpoints_module(&self, call: Call<'_>, eval: &Eval<'_>, found: &mut Found) {
        let Call { module, file, block } = call;
        for name in ["endpoints", "gateway_vpc_endpoints", "interface_vpc_endpoints"] {
            let Some(attribute) = block.get(name) else { continue };
            let all = eval.attribute(file, attribute, None);
            let Some(all) = entries(&all).filter(|_| all.object().is_some()) else {
                let of = Resource::of(module, file, block, Wrapper::EndpointResource, Policy::Default);
                let message =
                    format!("the endpoints of {} are known only at deploy time", quoted(&of.address));
                found.errors.push(SyntaxError::new(SyntaxErrorKind::NotRead, attribute.key.span, message));
                continue;
            };
            for (key, endpoint) in all {
                let is_off = matches!(endpoint.get("create").map(|n| &n.value), Some(Value::Bool(false)));
                let service = ["service", "service_name", "service_endpoint", "name"]
                    .iter()
                    .find_map(|name| endpoint.get(name)?.text());
                let leads_to_s3 = service.is_some_and(|service| is_s3(service) == Some(true));
                if is_off || !leads_to_s3 {
                    continue;
                }
                let name = key.text().map(|key| key.value.to_string()).unwrap_or_default();
                let policy = endpoint.get("policy").map_or(Policy::Default, Policy::Known);
                let resource = Resource::of(module, file, block, Wrapper::EndpointResource, policy);
                self.ways(module, &resource.part(&name, key.span), None, found);
            }
        }
    }

    /// Up to its version 2, `enable_s3_endpoint` with `s3_endpoint_policy`.
    fn vpc_module(&self, call: Call<'_>, eval: &Eval<'_>, found: &mut Found) {
        let Call { module, file, block } = call;
        let enabled = block.get("enable_s3_endpoint");
        let is_on = |node: Node| !matches!(node.value, Value::Bool(false) | Value::Null);
        let Some(enabled) = enabled.filter(|a| is_on(eval.attribute(file, a, None))) else { return };
        let policy = block.get("s3_endpoint_policy").map_or(Policy::Default, |a| Policy::Written(file, a));
        let resource = Resource::of(module, file, block, Wrapper::EndpointResource, policy);
        self.ways(module, &resource.part("s3", enabled.key.span), None, found);
    }
}
