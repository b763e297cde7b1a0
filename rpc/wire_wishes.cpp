// What an operator wishes: the requests of Admin, and their answers.
#include "rpc/wire.hpp"

namespace sluice::rpc {

wire::package_add_request to_wire(const package_add_request& value) {
  wire::package_add_request made;
  made.__set_folder(value.folder);
  if (value.id) { made.__set_id(value.id->text()); }
  made.__set_name(value.name);
  made.__set_priority(static_cast<wire::package_priority::type>(value.priority));
  return made;
}
package_add_request from_wire(const wire::package_add_request& value) {
  package_add_request made{.folder = value.folder, .id = {}, .name = value.name};
  if (value.__isset.id) { made.id = package_from_wire(value.id); }
  if (value.__isset.priority) { made.priority = priority_from_wire(value.priority); }
  return made;
}

wire::package_set_request to_wire(const package_set_request& value) {
  wire::package_set_request made;
  made.__set_package_id(value.package.text());
  if (value.priority) {
    made.__set_priority(static_cast<wire::package_priority::type>(*value.priority));
  }
  if (value.name) { made.__set_name(*value.name); }
  return made;
}
package_set_request from_wire(const wire::package_set_request& value) {
  package_set_request made;
  made.package = package_from_wire(value.package_id);
  if (value.__isset.priority) { made.priority = priority_from_wire(value.priority); }
  if (value.__isset.name) { made.name = value.name; }
  return made;
}

wire::package_add_progress to_wire(const package_add_progress& value) {
  wire::package_add_progress made;
  made.__set_running(value.running);
  made.__set_files(number_to_wire(value.files, "files"));
  made.__set_bytes(number_to_wire(value.bytes, "bytes"));
  return made;
}
package_add_progress from_wire(const wire::package_add_progress& value) {
  return {.running = value.running,
          .files = number_from_wire(value.files, "files"),
          .bytes = number_from_wire(value.bytes, "bytes")};
}

wire::distribute_request to_wire(const distribute_request& value) {
  wire::distribute_request made;
  made.__set_package_id(value.package.text());
  check_items(value.distribution_points.size(), "distribution points");
  made.__set_distribution_points(value.distribution_points);
  made.__set_redistribute(value.redistribute);
  check_items(value.groups.size(), "groups");
  made.__set_groups(value.groups);
  made.__set_plan(value.plan);
  made.__set_with_sources(value.with_sources);
  return made;
}
distribute_request from_wire(const wire::distribute_request& value) {
  return {.package = package_from_wire(value.package_id),
          .distribution_points = value.distribution_points,
          .redistribute = value.redistribute,
          .groups = value.groups,  // empty when it is not set
          .plan = value.plan,
          .with_sources = value.with_sources};
}

wire::distribute_answer to_wire(const distribute_answer& value) {
  wire::distribute_answer made;
  check_items(value.started.size(), "distribution points");
  check_items(value.had_it.size(), "distribution points");
  check_items(value.warnings.size(), "warnings");
  made.__set_started(value.started);
  made.__set_had_it(value.had_it);
  made.__set_warnings(value.warnings);
  check_items(value.refused.size(), "distribution points");
  made.__set_refused(value.refused);
  made.__set_files(number_to_wire(value.files, "files"));
  made.__set_bytes(number_to_wire(value.bytes, "bytes"));
  return made;
}
distribute_answer from_wire(const wire::distribute_answer& value) {
  return {.started = value.started,
          .had_it = value.had_it,
          .warnings = value.warnings,
          .refused = value.refused,
          .files = number_from_wire(value.files, "files"),
          .bytes = number_from_wire(value.bytes, "bytes")};
}

wire::package_update_answer to_wire(const package_update_answer& value) {
  wire::package_update_answer made;
  made.__set_row(to_wire(value.row));
  made.__set_changed(value.changed);
  made.__set_files_new(number_to_wire(value.files_new, "files_new"));
  made.__set_bytes_new(number_to_wire(value.bytes_new, "bytes_new"));
  made.__set_sent(to_wire(value.sent));
  return made;
}
package_update_answer from_wire(const wire::package_update_answer& value) {
  return {.row = from_wire(value.row),
          .changed = value.changed,
          .files_new = number_from_wire(value.files_new, "files_new"),
          .bytes_new = number_from_wire(value.bytes_new, "bytes_new"),
          .sent = from_wire(value.sent)};
}

wire::cancel_request to_wire(const cancel_request& value) {
  wire::cancel_request made;
  made.__set_package_id(value.package.text());
  check_items(value.distribution_points.size(), "distribution points");
  made.__set_distribution_points(value.distribution_points);
  made.__set_detach(value.detach);
  made.__set_discard(value.discard);
  return made;
}
cancel_request from_wire(const wire::cancel_request& value) {
  return {.package = package_from_wire(value.package_id),
          .distribution_points = value.distribution_points,
          .detach = value.detach,
          .discard = value.discard};
}

wire::cancel_answer to_wire(const cancel_answer& value) {
  wire::cancel_answer made;
  for (const auto* names :
       {&value.cancelled, &value.requested, &value.too_late, &value.nothing, &value.discarding}) {
    check_items(names->size(), "distribution points");
  }
  made.__set_cancelled(value.cancelled);
  made.__set_requested(value.requested);
  made.__set_too_late(value.too_late);
  made.__set_nothing(value.nothing);
  made.__set_discarding(value.discarding);
  return made;
}
cancel_answer from_wire(const wire::cancel_answer& value) {
  return {.cancelled = value.cancelled,
          .requested = value.requested,
          .too_late = value.too_late,
          .nothing = value.nothing,
          .discarding = value.discarding};
}

wire::status_query to_wire(const status_query& value) {
  wire::status_query made;
  if (value.package) { made.__set_package_id(value.package->text()); }
  if (value.distribution_point) { made.__set_distribution_point(*value.distribution_point); }
  made.__set_page(to_wire(value.page));
  return made;
}
status_query from_wire(const wire::status_query& value) {
  status_query made;
  if (value.__isset.package_id) { made.package = package_from_wire(value.package_id); }
  if (value.__isset.distribution_point) { made.distribution_point = value.distribution_point; }
  made.page = from_wire(value.page);
  return made;
}

}  // namespace sluice::rpc
