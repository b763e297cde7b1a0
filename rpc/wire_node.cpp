#include "rpc/wire_node.hpp"

namespace sluice::rpc {

namespace {

wire::node_job_row to_wire(const model::node_job_row& value) {
  wire::node_job_row made;
  made.__set_job(bytes_to_wire(value.job.bytes));
  made.__set_content(value.content.text());
  made.__set_state(static_cast<wire::job_state::type>(value.state));
  made.__set_bytes_total(number_to_wire(model::raw(value.bytes_total), "bytes_total"));
  made.__set_bytes_done(number_to_wire(model::raw(value.bytes_done), "bytes_done"));
  made.__set_bytes_per_second(number_to_wire(value.bytes_per_second, "bytes_per_second"));
  made.__set_source(value.source);
  made.__set_reason(value.reason);
  made.__set_waits_for_turn(value.waits_for_turn);
  return made;
}
model::node_job_row from_wire(const wire::node_job_row& value) {
  model::node_job_row made;
  made.job = job_from_wire(value.job);
  made.content = content_from_wire(value.content);
  made.state =
      enum_from_wire<model::job_state>(value.state, wire::_job_state_VALUES_TO_NAMES, "state");
  made.bytes_total = model::byte_count{number_from_wire(value.bytes_total, "bytes_total")};
  made.bytes_done = model::byte_count{number_from_wire(value.bytes_done, "bytes_done")};
  made.bytes_per_second = number_from_wire(value.bytes_per_second, "bytes_per_second");
  made.source = value.source;
  made.reason = value.reason;
  made.waits_for_turn = value.waits_for_turn;  // false when it is not set
  return made;
}

}  // namespace

wire::node_report to_wire(const model::node_report& value) {
  wire::node_report made;
  made.__set_name(value.name);
  made.__set_node(bytes_to_wire(value.node.bytes));
  made.__set_version(value.version);
  made.__set_site_address(value.site_address);
  made.__set_site_reachable(value.site_reachable);
  made.__set_outbox(number_to_wire(value.outbox, "outbox"));
  check_items(value.jobs.size(), "jobs");
  for (const auto& job : value.jobs) { made.jobs.push_back(to_wire(job)); }
  if (!value.site_refused.empty()) { made.__set_site_refused(value.site_refused); }
  return made;
}
model::node_report from_wire(const wire::node_report& value) {
  model::node_report made;
  made.name = value.name;
  bytes_from_wire(value.node, made.node.bytes, "node");
  made.version = value.version;
  made.site_address = value.site_address;
  made.site_reachable = value.site_reachable;
  made.outbox = number_from_wire(value.outbox, "outbox");
  for (const auto& job : value.jobs) { made.jobs.push_back(from_wire(job)); }
  made.site_refused = value.site_refused;  // empty when it is not set
  return made;
}

wire::adoption to_wire(const model::adoption& value) {
  wire::adoption made;
  made.__set_site(value.site);
  made.__set_site_address(value.site_address);
  made.__set_contents(number_to_wire(value.contents, "contents"));
  made.__set_reports(number_to_wire(value.reports, "reports"));
  return made;
}
model::adoption from_wire(const wire::adoption& value) {
  return {.site = value.site,
          .site_address = value.site_address,
          .contents = number_from_wire(value.contents, "contents"),
          .reports = number_from_wire(value.reports, "reports")};
}

wire::library_report to_wire(const model::library_report& value) {
  wire::library_report made;
  made.__set_root(value.root);
  made.__set_contents(number_to_wire(value.contents, "contents"));
  made.__set_files(number_to_wire(value.files, "files"));
  made.__set_bytes(number_to_wire(value.bytes, "bytes"));
  made.__set_bytes_free(number_to_wire(value.bytes_free, "bytes_free"));
  const auto kept =
      std::min<std::size_t>(value.content_ids.size(), limits::rpc_container_items_max);
  made.content_ids.assign(value.content_ids.begin(),
                          value.content_ids.begin() + static_cast<std::ptrdiff_t>(kept));
  return made;
}
model::library_report from_wire(const wire::library_report& value) {
  return {.root = value.root,
          .contents = number_from_wire(value.contents, "contents"),
          .files = number_from_wire(value.files, "files"),
          .bytes = number_from_wire(value.bytes, "bytes"),
          .bytes_free = number_from_wire(value.bytes_free, "bytes_free"),
          .content_ids = value.content_ids};
}

}  // namespace sluice::rpc
