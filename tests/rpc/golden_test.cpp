#include <doctest/doctest.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "rpc/authorization.hpp"
#include "rpc/protocol.hpp"
#include "rpc/wire.hpp"

namespace sluice::rpc {

namespace {

model::notification sample() {
  model::notification made;
  for (std::size_t i = 0; i < made.job.bytes.size(); ++i) {
    made.job.bytes[i] = static_cast<std::byte>(i);
  }
  made.content = {.package = {.site = {{'P', 'K', 'G'}}, .number = 0x12}, .version = 3};
  made.action = model::notification_action::redistribute;
  made.allow_fallback = true;
  made.priority = model::package_priority::high;
  made.package_size = model::byte_count{123'456'789'012};
  made.anonymous_access = true;
  for (std::size_t i = 0; i < made.hash.bytes.size(); ++i) {
    made.hash.bytes[i] = static_cast<std::byte>(0xA0 + i);
  }
  made.manifest_size = model::byte_count{4711};
  model::node_id node;
  node.bytes.fill(std::byte{0x77});
  made.sources = {
      {.name = "dp1", .node = node, .address = "127.0.0.1:8080", .protocol = "http", .priority = 1},
      {.name = "site",
       .node = node,
       .address = "127.0.0.1:8081",
       .protocol = "http",
       .priority = 2}};
  made.related_content = "PKG00011.1";
  return made;
}

/// Hex digits, 32 bytes a line.
std::string printed(const std::string& bytes) {
  std::string made;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    made += format("{:02x}", static_cast<unsigned char>(bytes[i]));
    if (i % 32 == 31 || i + 1 == bytes.size()) { made += '\n'; }
  }
  return made;
}

template <typename Value>
std::string encoded(const Value& value) {
  const auto buffer = std::make_shared<apache::thrift::transport::TMemoryBuffer>();
  to_wire(value).write(bare_protocol(buffer).get());
  return buffer->getBufferAsString();
}

validation_order sample_order() {
  validation_order made;
  made.cycle.bytes.fill(std::byte{0x55});
  made.priority = model::validation_priority::highest;
  made.all = true;
  made.part = 2;
  made.last = false;
  made.desired = {{.content = sample().content, .manifest_hash = sample().hash}};
  return made;
}

model::validation_row sample_row() {
  return {.distribution_point = "dp1",
          .state = model::validation_state::running,
          .contents = 7,
          .contents_done = 3,
          .passed = 2,
          .failed = 1,
          .mismatched = 1,
          .files = 4711,
          .bytes_total = model::byte_count{123'456'789'012},
          .bytes_done = model::byte_count{23'456'789'012},
          .bytes_per_second = 2'300'000'000,
          .remaining = std::chrono::seconds{44},
          .findings = {"PKG00012: content PKG00012.3 lacks 1 files, the first is a/b"},
          .reason = ""};
}

template <typename Value>
void check_golden(const std::string& name, const Value& value) {
  const std::string path = format("{}/{}.hex", RPC_GOLDEN_FOLDER, name);
  const auto now = printed(encoded(value));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) { std::ofstream(path) << now; }
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  CHECK(now == kept.str());
}

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

// B6
TEST_CASE("a notification looks on the wire as it always did") {
  check_golden("notification", sample());
}

TEST_CASE("a validation order, and how far it is, look on the wire as they always did") {
  check_golden("validation_order", sample_order());
  check_golden("validation_row", sample_row());
}

// B6
TEST_CASE("the golden notification reads as it was meant") {
  const auto bytes = encoded(sample());
  wire::notification read;
  read.read(bare_protocol(memory_transport(as_bytes(bytes).data(), bytes.size())).get());
  CHECK(from_wire(read) == sample());
}

TEST_CASE("numbers and enums that mean nothing are refused by the name of their field") {
  const auto doing_of = [](const wire::notification& given) -> std::string {
    try {
      static_cast<void>(from_wire(given));
      return "accepted";
    } catch (const wire::failure& refused) { return refused.doing; }
  };
  auto wrong = to_wire(sample());
  wrong.action = static_cast<wire::notification_action::type>(3);
  CHECK(doing_of(wrong) == "read a message: action: 3 has no meaning");
  wrong = to_wire(sample());
  wrong.package_size = -1;
  CHECK(doing_of(wrong) == "read a message: package_size: -1 is out of range");
  wrong = to_wire(sample());
  wrong.hash.pop_back();
  CHECK(doing_of(wrong) == "read a message: hash: 31 bytes, not 32");
  wrong = to_wire(sample());
  wrong.package_id = "../../x";
  CHECK(doing_of(wrong) != "accepted");
}

TEST_CASE("the error codes of the wire are those of base") {
  for (int code = 0; code <= static_cast<int>(errc::incompatible); ++code) {
    const auto* const name = wire::_error_code_VALUES_TO_NAMES.at(code);
    CHECK(name_of(static_cast<errc>(code)) == name);
  }
  CHECK(wire::_error_code_VALUES_TO_NAMES.size() == static_cast<int>(errc::incompatible) + 1);
}

TEST_CASE("every state of a job has its number on the wire") {
  for (const auto& [number, name] : wire::_job_state_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::job_state>(number)) == name);
  }
  CHECK(wire::_job_state_VALUES_TO_NAMES.size() == model::all_job_states.size());
  for (const auto& [number, name] : wire::_site_job_state_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::site_job_state>(number)) == name);
  }
  for (const auto& [number, name] : wire::_package_state_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::package_state>(number)) == name);
  }
  for (const auto& [number, name] : wire::_validation_state_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::validation_state>(number)) == name);
  }
  for (const auto& [number, name] : wire::_validation_priority_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::validation_priority>(number)) == name);
  }
}

// S3, B18
TEST_CASE("reports have the numbers that state topics always had") {
  using enum model::state_report;
  const std::pair<model::state_report, int> all[] = {
      {success, 1},      {warning, 2},     {failure, 4},    {download_started, 8},
      {in_progress, 16}, {downloaded, 32}, {cancelled, 64}, {cancel_requested, 128}};
  CHECK(wire::_state_report_VALUES_TO_NAMES.size() == std::size(all));
  for (const auto& [report, number] : all) {
    CHECK(static_cast<int>(report) == number);
    const std::string name = report == failure ? "failed" : std::string(model::name_of(report));
    CHECK(wire::_state_report_VALUES_TO_NAMES.at(number) == name);
  }
  for (const auto& [number, name] : wire::_console_bucket_VALUES_TO_NAMES) {
    CHECK(model::name_of(static_cast<model::console_bucket>(number)) == name);
  }
}

TEST_CASE("each method is in the authorization table, and what is not in it nobody may call") {
  CHECK(authorization_table().size() == 1 + 27 + 5 + 4 + 10);
  const principal operators{.how = principal::way::unix_socket, .user = 0, .name = "root"};
  const principal nodes{.how = principal::way::certificate, .user = 0, .name = "77"};
  CHECK(!refusal(operators, "Admin", "distribute"));
  CHECK(!refusal(nodes, "ManagementPoint", "submit"));
  CHECK(refusal(nodes, "Admin", "distribute")->code == errc::denied);
  CHECK(refusal(operators, "DistributionPointControl", "notify")->code == errc::denied);
  CHECK(refusal(operators, "Admin", "format_disk")->code == errc::invalid);
}

}  // namespace sluice::rpc
