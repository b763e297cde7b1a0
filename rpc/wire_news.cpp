// What nodes and their site say to each other: ManagementPoint and DistributionPointControl.
#include "rpc/wire.hpp"

namespace sluice::rpc {

namespace {

wire::notification_source to_wire(const model::source_entry& value) {
  wire::notification_source made;
  made.__set_name(value.name);
  made.__set_node(bytes_to_wire(value.node.bytes));
  made.__set_address(value.address);
  made.__set_protocol(value.protocol);
  made.__set_priority(number_to_wire(value.priority, "priority"));
  return made;
}
model::source_entry from_wire(const wire::notification_source& value) {
  model::source_entry made;
  made.name = value.name;
  bytes_from_wire(value.node, made.node.bytes, "node");
  made.address = value.address;
  made.protocol = value.protocol;
  made.priority = number_from_wire(value.priority, "priority");
  return made;
}

/// A message of up to a frame, where one string is shorter.
std::vector<std::string> pieces_to_wire(const std::string& message, std::string_view what) {
  if (message.size() > limits::outbound_message_bytes_max) { refuse_field(what, "is too long"); }
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < message.size(); at += limits::rpc_string_bytes_max) {
    pieces.push_back(message.substr(at, limits::rpc_string_bytes_max));
  }
  return pieces;
}
std::string pieces_from_wire(const std::vector<std::string>& pieces, std::string_view what) {
  std::string message;
  for (const std::string& piece : pieces) { message += piece; }
  if (message.size() > limits::outbound_message_bytes_max) { refuse_field(what, "is too long"); }
  return message;
}

}  // namespace

wire::registration to_wire(const registration& value) {
  wire::registration made;
  made.__set_name(value.name);
  made.__set_node(bytes_to_wire(value.node.bytes));
  made.__set_epoch(bytes_to_wire(value.epoch.bytes));
  made.__set_content_address(value.content_address);
  made.__set_build(value.build);
  check_items(value.inventory.size(), "contents");
  for (const held_content& held : value.inventory) {
    made.inventory.push_back(held.content.text());
    if (held.manifest_hash) {
      made.inventory_hashes.push_back(bytes_to_wire(held.manifest_hash->bytes));
    }
  }
  // A list that lacks one would give the others' to wrong contents.
  made.__isset.inventory_hashes =
      !made.inventory.empty() && made.inventory_hashes.size() == made.inventory.size();
  made.__set_full_inventory(value.full_inventory);
  made.__set_part(number_to_wire(value.part, "part"));
  made.__set_more(value.more);
  if (!value.settings.empty()) { made.__set_settings(settings_to_wire(value.settings)); }
  return made;
}
registration from_wire(const wire::registration& value) {
  registration made;
  made.name = value.name;
  bytes_from_wire(value.node, made.node.bytes, "node");
  bytes_from_wire(value.epoch, made.epoch.bytes, "epoch");
  made.content_address = value.content_address;
  made.build = value.build;
  for (const auto& content : value.inventory) {
    made.inventory.push_back({content_from_wire(content), std::nullopt});
  }
  if (value.__isset.inventory_hashes) {
    if (value.inventory_hashes.size() != value.inventory.size()) {
      throw to_wire(error{errc::invalid, 0, "read an inventory: each content has one hash"});
    }
    for (std::size_t i = 0; i < made.inventory.size(); ++i) {
      model::digest& hash = made.inventory[i].manifest_hash.emplace();
      bytes_from_wire(value.inventory_hashes[i], hash.bytes, "hash of a manifest");
    }
  }
  made.full_inventory = value.full_inventory;
  made.part = number_from_wire(value.part, "part");  // 0 when it is not set
  made.more = value.more;
  made.settings = settings_from_wire(value.settings);
  return made;
}

wire::registration_answer to_wire(const registration_answer& value) {
  wire::registration_answer made;
  check_items(value.site_keys.size(), "keys");
  made.__set_site_keys(value.site_keys);
  made.__set_site(value.site);
  made.__set_acknowledged(number_to_wire(value.acknowledged, "acknowledged"));
  made.__set_maintenance(value.maintenance);
  return made;
}
registration_answer from_wire(const wire::registration_answer& value) {
  return {.site_keys = value.site_keys,
          .site = value.site,
          .acknowledged = number_from_wire(value.acknowledged, "acknowledged"),
          .maintenance = value.maintenance};
}

wire::report_batch to_wire(const report_batch& value) {
  wire::report_batch made;
  made.__set_node(bytes_to_wire(value.node.bytes));
  made.__set_epoch(bytes_to_wire(value.epoch.bytes));
  made.__set_states(rows_to_wire(value.states, "state messages"));
  made.__set_messages(rows_to_wire(value.messages, "status messages"));
  return made;
}
report_batch from_wire(const wire::report_batch& value) {
  report_batch made;
  bytes_from_wire(value.node, made.node.bytes, "node");
  bytes_from_wire(value.epoch, made.epoch.bytes, "epoch");
  made.states = rows_from_wire(value.states);
  made.messages = rows_from_wire(value.messages);
  return made;
}

wire::heartbeat_request to_wire(const heartbeat_request& value) {
  wire::heartbeat_request made;
  made.__set_node(bytes_to_wire(value.node.bytes));
  made.__set_epoch(bytes_to_wire(value.epoch.bytes));
  made.__set_jobs_open(number_to_wire(value.jobs_open, "jobs_open"));
  if (!value.usage.empty()) { made.__set_usage(usage_to_wire(value.usage)); }
  if (value.contact) {
    wire::command_contact contact;
    contact.__set_session(number_to_wire(value.contact->session, "contact.session"));
    contact.__set_number(number_to_wire(value.contact->number, "contact.number"));
    if (value.contact->answer) {
      contact.__set_answer(pieces_to_wire(*value.contact->answer, "contact.answer"));
    }
    made.__set_contact(contact);
  }
  return made;
}
heartbeat_request from_wire(const wire::heartbeat_request& value) {
  heartbeat_request made;
  bytes_from_wire(value.node, made.node.bytes, "node");
  bytes_from_wire(value.epoch, made.epoch.bytes, "epoch");
  made.jobs_open = number_from_wire(value.jobs_open, "jobs_open");
  made.usage = usage_from_wire(value.usage);
  if (value.__isset.contact) {
    made.contact.emplace();
    made.contact->session = number_from_wire(value.contact.session, "contact.session");
    made.contact->number = number_from_wire(value.contact.number, "contact.number");
    if (value.contact.__isset.answer) {
      made.contact->answer = pieces_from_wire(value.contact.answer, "contact.answer");
    }
  }
  return made;
}

wire::heartbeat_answer to_wire(const heartbeat_answer& value) {
  wire::heartbeat_answer made;
  made.__set_known(value.known);
  made.__set_maintenance(value.maintenance);
  if (value.command) {
    wire::site_command command;
    command.__set_session(number_to_wire(value.command->session, "command.session"));
    command.__set_number(number_to_wire(value.command->number, "command.number"));
    command.__set_message(pieces_to_wire(value.command->message, "command.message"));
    made.__set_command(command);
  }
  return made;
}
heartbeat_answer from_wire(const wire::heartbeat_answer& value) {
  heartbeat_answer made{.known = value.known, .maintenance = value.maintenance};
  if (value.__isset.command) {
    made.command = {.session = number_from_wire(value.command.session, "command.session"),
                    .number = number_from_wire(value.command.number, "command.number"),
                    .message = pieces_from_wire(value.command.message, "command.message")};
  }
  return made;
}

wire::status_message to_wire(const model::status_message& value) {
  wire::status_message made;
  made.__set_sequence(number_to_wire(value.sequence, "sequence"));
  made.__set_time(time_to_wire(value.time));
  made.__set_system(value.system);
  made.__set_id(number_to_wire(value.id, "id"));
  check_items(value.insertions.size(), "insertions");
  made.__set_insertions(value.insertions);
  return made;
}
model::status_message from_wire(const wire::status_message& value) {
  return {.sequence = number_from_wire(value.sequence, "sequence"),
          .time = time_from_wire(value.time),
          .system = value.system,
          .id = number_from_wire(value.id, "id"),
          .insertions = value.insertions};
}

wire::state_message to_wire(const model::state_message& value) {
  wire::state_message made;
  made.__set_sequence(number_to_wire(value.sequence, "sequence"));
  made.__set_time(time_to_wire(value.time));
  made.__set_job(bytes_to_wire(value.job.bytes));
  made.__set_content(value.content.text());
  made.__set_report(static_cast<wire::state_report::type>(value.report));
  made.__set_state(static_cast<wire::job_state::type>(value.state));
  made.__set_bytes_total(number_to_wire(model::raw(value.bytes_total), "bytes_total"));
  made.__set_bytes_done(number_to_wire(model::raw(value.bytes_done), "bytes_done"));
  made.__set_bytes_transferred(
      number_to_wire(model::raw(value.bytes_transferred), "bytes_transferred"));
  made.__set_pieces_verified(number_to_wire(value.pieces_verified, "pieces_verified"));
  made.__set_bytes_per_second(number_to_wire(value.bytes_per_second, "bytes_per_second"));
  made.__set_source(value.source);
  made.__set_reason(value.reason);
  if (value.next_try) { made.__set_next_try(time_to_wire(*value.next_try)); }
  return made;
}

model::state_message from_wire(const wire::state_message& value) {
  model::state_message made;
  made.sequence = number_from_wire(value.sequence, "sequence");
  made.time = time_from_wire(value.time);
  made.job = job_from_wire(value.job);
  made.content = content_from_wire(value.content);
  made.report = enum_from_wire<model::state_report>(value.report,
                                                    wire::_state_report_VALUES_TO_NAMES, "report");
  made.state =
      enum_from_wire<model::job_state>(value.state, wire::_job_state_VALUES_TO_NAMES, "state");
  made.bytes_total = model::byte_count{number_from_wire(value.bytes_total, "bytes_total")};
  made.bytes_done = model::byte_count{number_from_wire(value.bytes_done, "bytes_done")};
  made.bytes_transferred =
      model::byte_count{number_from_wire(value.bytes_transferred, "bytes_transferred")};
  made.pieces_verified = number_from_wire(value.pieces_verified, "pieces_verified");
  made.bytes_per_second = number_from_wire(value.bytes_per_second, "bytes_per_second");
  made.source = value.source;
  made.reason = value.reason;
  if (value.__isset.next_try) { made.next_try = time_from_wire(value.next_try); }
  return made;
}

wire::notification to_wire(const model::notification& value) {
  wire::notification made;
  made.__set_job(bytes_to_wire(value.job.bytes));
  made.__set_package_id(value.content.package.text());
  made.__set_version(number_to_wire(value.content.version, "version"));
  made.__set_action(static_cast<wire::notification_action::type>(value.action));
  made.__set_allow_fallback(value.allow_fallback);
  made.__set_priority(static_cast<wire::package_priority::type>(value.priority));
  made.__set_package_size(number_to_wire(model::raw(value.package_size), "package_size"));
  made.__set_anonymous_access(value.anonymous_access);
  made.__set_hash_algorithm(number_to_wire(value.hash_algorithm, "hash_algorithm"));
  made.__set_hash(bytes_to_wire(value.hash.bytes));
  made.__set_manifest_size(number_to_wire(model::raw(value.manifest_size), "manifest_size"));
  check_items(value.sources.size(), "sources");
  for (const auto& source : value.sources) { made.sources.push_back(to_wire(source)); }
  made.__set_related_content(value.related_content);
  if (value.prestaged) { made.__set_prestaged(true); }  // who cannot know it is not sent it
  return made;
}

model::notification from_wire(const wire::notification& value) {
  model::notification made;
  made.job = job_from_wire(value.job);
  made.content.package = package_from_wire(value.package_id);
  made.content.version = number_from_wire(value.version, "version");
  made.action = enum_from_wire<model::notification_action>(
      value.action, wire::_notification_action_VALUES_TO_NAMES, "action");
  made.allow_fallback = value.allow_fallback;
  made.priority = priority_from_wire(value.priority);
  made.package_size = model::byte_count{number_from_wire(value.package_size, "package_size")};
  made.anonymous_access = value.anonymous_access;
  made.hash_algorithm = number_from_wire(value.hash_algorithm, "hash_algorithm");
  bytes_from_wire(value.hash, made.hash.bytes, "hash");
  made.manifest_size = model::byte_count{number_from_wire(value.manifest_size, "manifest_size")};
  for (const auto& source : value.sources) { made.sources.push_back(from_wire(source)); }
  made.related_content = value.related_content;
  made.prestaged = value.prestaged;
  return made;
}

wire::notify_answer::type to_wire(notify_answer value) {
  return static_cast<wire::notify_answer::type>(value);
}
notify_answer from_wire(wire::notify_answer::type value) {
  return enum_from_wire<notify_answer>(value, wire::_notify_answer_VALUES_TO_NAMES, "answer");
}

wire::cancel_outcome::type to_wire(cancel_outcome value) {
  return static_cast<wire::cancel_outcome::type>(value);
}
cancel_outcome from_wire(wire::cancel_outcome::type value) {
  return enum_from_wire<cancel_outcome>(value, wire::_cancel_outcome_VALUES_TO_NAMES, "outcome");
}
wire::poll_answer to_wire(const poll_answer& value) {
  wire::poll_answer made;
  made.__set_known(value.known);
  if (value.known) { made.__set_state(to_wire(value.state)); }
  return made;
}
poll_answer from_wire(const wire::poll_answer& value) {
  poll_answer made;
  made.known = value.known;
  if (value.known) { made.state = from_wire(value.state); }
  return made;
}

}  // namespace sluice::rpc
