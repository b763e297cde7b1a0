// The validation of a node over a library on a simulated machine, in virtual time.
#include "actors/content_validation.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/actors/library_machine.hpp"

namespace sluice::actors::testing {

namespace {

using namespace std::chrono_literals;
using model::validation_state;
using storage::library_user;

constexpr std::uint64_t piece = limits::piece_size;
using numbers = std::vector<std::uint32_t>;

model::cycle_id cycle_of(int number) {
  model::cycle_id made;
  made.bytes[0] = static_cast<std::byte>(number);
  return made;
}

/// A node that holds PKG00001.1 (a file of three pieces and a small one) and, of no file at all,
/// PKG00002.1.
struct validating_node : library_machine {
  std::array<std::byte, 32> seed{std::byte{1}};
  hashing::signing_key key{seed};
  bool content_moves = false;
  content_validation_actor validation;
  model::content_id content = *model::content_id::parse("PKG00001.1");
  model::content_id empty = *model::content_id::parse("PKG00002.1");
  model::file_id big;
  model::file_id small;

  validating_node() : library_machine(11, 32) {
    std::string bytes(3 * piece, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) { bytes[i] = static_cast<char>(i % 251); }
    const std::string few = "a few bytes";
    big = hashing::measure(std::as_bytes(std::span(bytes))).id;
    small = hashing::measure(std::as_bytes(std::span(few))).id;
    world.put_file(host, "sources/one/big", bytes);
    world.put_file(host, "sources/one/small", few);
    world.put_file(host, "sources/two/folder/file", "");
    open_library({key.verifier()});
    io::block_on<void>(*ring, [this] { return fill(); });
    begin_journal();
    begin();
  }
  ~validating_node() {
    time.end(validation);
    settle();
  }
  validating_node(const validating_node&) = delete;
  validating_node& operator=(const validating_node&) = delete;

  void begin() {
    content_validation_setup setup;
    setup.parts = parts;
    setup.parts.name = "dp1";
    setup.parts.activity = [this] {
      return content_moves ? static_cast<std::uint64_t>(world.now().count()) : 0;
    };
    setup.journal = journal;
    validation = time.system().spawn(content_validation, std::move(setup));
  }

  io::task<void> fill() {
    co_await take("one", content);
    co_await take("two", empty);
  }
  io::task<void> take(std::string folder, model::content_id into) {
    storage::snapshot_request asked{"/sources", folder, into, &key};
    auto taken =
        co_await storage::take_snapshot(*ring, workers, *buffers, *library, asked, nullptr);
    REQUIRE(taken.ok());
    auto added = co_await library->add_user(into, library_user::distribution_point);
    REQUIRE(added.ok());
  }

  io::task<void> drop(model::content_id gone) {
    auto removed = co_await library->remove_content(gone, library_user::distribution_point);
    REQUIRE(removed.ok());
  }

  /// Until nobody has anything to do.
  void settle() {
    for (int i = 0; i < 40; ++i) {
      time.run();
      ring->run_ready();
      io::block_on<void>(*ring, [this] { return operations.wait_all(); });
    }
    time.run();
  }
  [[nodiscard]] rpc::desired_content desired(const model::content_id& id) const {
    return {id, catalogue->find(id)->manifest_hash};
  }
  [[nodiscard]] rpc::validation_order order(int number = 1) const {
    rpc::validation_order made;
    made.cycle = cycle_of(number);
    made.all = true;
    made.desired = {desired(content), desired(empty)};
    return made;
  }
  result<void> tell(const rpc::validation_order& given) {
    const auto answer = time.ask<done>(validation, begin_validation{given, {}});
    REQUIRE(answer.has_value());
    if (!*answer) { return answer->error(); }
    return {};
  }
  void validate(const rpc::validation_order& given) {
    REQUIRE(tell(given).ok());
    settle();
  }
  result<model::validation_row> row(int number = 1) {
    const auto answer =
        time.ask<model::validation_row>(validation, validation_question{cycle_of(number)});
    REQUIRE(answer.has_value());
    return *answer;
  }
  [[nodiscard]] std::vector<model::status_message> said() const {
    const auto rows = database->outbox(1000);
    REQUIRE(rows.ok());
    std::vector<model::status_message> found;
    for (const auto& each : *rows) {
      if (each.status) { found.push_back(*each.status); }
    }
    return found;
  }
  [[nodiscard]] numbers ids() const {
    numbers found;
    for (const auto& message : said()) { found.push_back(message.id); }
    return found;
  }
  [[nodiscard]] model::status_message the(std::uint32_t id) const {
    for (const auto& message : said()) {
      if (message.id == id) { return message; }
    }
    FAIL("nothing was said of it");
    return {};
  }
  [[nodiscard]] std::string place(const std::string& below) const { return "library/" + below; }
  void remove(const std::string& below) {
    io::block_on<void>(*ring, [this, below] { return remove_file(below); });
  }
  io::task<void> remove_file(std::string below) {
    auto root = co_await io::folder::open(*ring, "/library");
    REQUIRE(root.ok());
    auto removed = co_await root->remove_file(below);
    REQUIRE(removed.ok());
    co_await root->close();
  }
};

}  // namespace

TEST_CASE("a cycle says that it starts, what it passes and that it is complete (J7)") {
  validating_node node;
  node.validate(node.order());
  REQUIRE(node.ids() == numbers{2380, 2381, 2384, 2384, 2386});
  const std::string cycle = cycle_of(1).text();
  CHECK(node.the(2380).insertions == std::vector<std::string>{"dp1", cycle});
  CHECK(node.the(2381).insertions == std::vector<std::string>{"dp1", "2"});
  CHECK(node.said()[3].insertions ==
        std::vector<std::string>{"PKG00002", "1", "dp1", cycle, "0"});  // J10
  CHECK(node.the(2386).insertions == std::vector<std::string>{"dp1", cycle, "2", "0", "0"});
  const auto row = node.row();
  REQUIRE(row.ok());
  CHECK(row->state == validation_state::complete);
  CHECK(row->contents_done == 2);
  CHECK(row->passed == 2);
  CHECK(model::raw(row->bytes_done) == 3 * piece + 11);
  CHECK(row->bytes_done == row->bytes_total);
  CHECK(row->findings.empty());
}

TEST_CASE("one wrong byte is named, and only its piece has to be fetched again (J9)") {
  validating_node node;
  REQUIRE(node.world.flip_bit(host, node.place(storage::file_path(node.big)), piece + 5));
  REQUIRE(node.database->record_pieces({{node.big, 0, 3}}).ok());  // of a former life
  node.validate(node.order());
  REQUIRE(node.ids() == numbers{2380, 2381, 2382, 2383, 2384, 2386});
  CHECK(node.the(2382).insertions[2] == "big");
  CHECK(node.the(2382).insertions[4] == "1 of its 3 pieces wrong: 1");
  CHECK(node.the(2383).insertions[0] == "PKG00001");
  CHECK_FALSE(node.world.peek_file(host, node.place(storage::file_path(node.big))));
  const auto runs = node.database->pieces_of(node.big);
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 2);
  CHECK((*runs)[0].count == 1);
  CHECK((*runs)[1].first == 2);
  CHECK(node.row()->failed == 1);
  CHECK(node.row()->findings.size() == 2);
}

// The damaged file stayed in its place, and the job that was to heal it found all it needed.
TEST_CASE("a repair that fails is tried again before the content fails") {
  validating_node node;
  const std::string place = node.place(storage::file_path(node.big));
  REQUIRE(node.world.flip_bit(host, place, piece + 5));
  bool for_good = false;
  SUBCASE("and succeeds") {}
  SUBCASE("and never succeeds") { for_good = true; }
  node.world.fail(host, io::opcode::rename, 1, EIO, for_good);  // to staging/
  node.world.fail(host, io::opcode::rename, 2, EIO, for_good);  // to trash
  node.validate(node.order());
  CHECK(node.ids() == numbers{2380, 2381});
  for (int i = 0; i < 6; ++i) {
    node.time.advance(5s);
    node.settle();
  }
  REQUIRE(node.ids() == numbers{2380, 2381, 2382, 2383, 2384, 2386});
  CHECK(node.the(2383).insertions[3].starts_with(still_in_service) == for_good);
  CHECK(node.world.peek_file(host, place).has_value() == for_good);
}

// The 501st finding and those behind it stayed in service, and the content was called healed.
TEST_CASE("of a content with more findings than a report holds everything goes out of service") {
  validating_node node;
  constexpr std::uint32_t damaged = limits::validation_findings_max + 20;
  const auto many = *model::content_id::parse("PKG00003.1");
  std::vector<model::file_id> files;
  for (std::uint32_t i = 0; i < damaged + 2; ++i) {
    const std::string bytes = format("file {:04}", i);
    node.world.put_file(host, format("sources/many/f{:04}", i), bytes);
    files.push_back(hashing::measure(std::as_bytes(std::span(bytes))).id);
  }
  io::block_on<void>(*node.ring, [&] { return node.take("many", many); });
  for (std::uint32_t i = 0; i < damaged; ++i) {
    REQUIRE(node.world.flip_bit(host, node.place(storage::file_path(files[i])), 0));
  }
  node.remove(storage::file_path(files[damaged]));
  auto order = node.order();
  order.desired = {node.desired(many)};
  order.all = false;
  node.validate(order);
  node.settle();
  for (std::uint32_t i = 0; i < damaged; ++i) {
    REQUIRE_FALSE(node.world.peek_file(host, node.place(storage::file_path(files[i]))));
  }
  CHECK(node.the(2385).insertions[2] == "1");
  CHECK_FALSE(node.the(2383).insertions[3].starts_with(still_in_service));
  CHECK(node.row()->failed == 1);
  CHECK(node.row()->state == validation_state::complete);
}

TEST_CASE("a damaged file that others share fails them too, and its right pieces stay recorded") {
  validating_node node;
  const auto other = *model::content_id::parse("PKG00003.1");
  io::block_on<void>(*node.ring, [&] { return node.take("one", other); });
  REQUIRE(node.world.flip_bit(host, node.place(storage::file_path(node.big)), 0));
  auto order = node.order();
  order.desired.push_back(node.desired(other));
  node.validate(order);
  REQUIRE(node.ids() == numbers{2380, 2381, 2382, 2383, 2384, 2385, 2383, 2386});
  CHECK(node.the(2385).insertions[0] == "PKG00003");
  const auto runs = node.database->pieces_of(node.big);
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 1);
  CHECK((*runs)[0].count == 2);
}

TEST_CASE("what is missing is counted, and the cycle goes on") {
  validating_node node;
  node.remove(storage::file_path(node.small));
  node.validate(node.order());
  CHECK(node.ids() == numbers{2380, 2381, 2385, 2383, 2384, 2386});
  CHECK(node.the(2385).insertions[3] == "small");
}

TEST_CASE("what is here and what should be are looked at alike, and told apart (J6, J8)") {
  validating_node node;
  auto order = node.order();
  order.desired.pop_back();
  order.desired.push_back({*model::content_id::parse("PKG00003.1"), {}});
  node.validate(order);
  REQUIRE(node.ids() == numbers{2380, 2388, 2381, 2384, 2384, 2385, 2383, 2386});
  CHECK(node.the(2388).insertions[2] ==
        "PKG00002.1 is here and should not be; PKG00003.1 should be here and is not");
  CHECK(node.the(2386).insertions[4] == "2");
}

// Such contents were called failed, and jobs fetched them again.
TEST_CASE("what is removed while the cycle waits or runs is not called missing") {
  validating_node node;
  const auto remove_empty = [&] {
    io::block_on<void>(*node.ring, [&] { return node.drop(node.empty); });
  };
  SUBCASE("while it waits") {
    REQUIRE(node.tell(node.order(1)).ok());
    REQUIRE(node.tell(node.order(2)).ok());
    remove_empty();
  }
  SUBCASE("while it runs") {
    REQUIRE(node.tell(node.order(2)).ok());
    for (int i = 0; i < 40 && node.row(2)->contents == 0; ++i) {
      node.time.run();
      if (node.row(2)->contents > 0) { break; }
      node.ring->run_ready();
      io::block_on<void>(*node.ring, [&] { return node.operations.wait_all(); });
    }
    REQUIRE(node.row(2)->contents == 2);
    REQUIRE(node.row(2)->contents_done == 0);
    remove_empty();
  }
  node.settle();
  node.settle();
  const auto row = node.row(2);
  REQUIRE(row.ok());
  CHECK(row->state == validation_state::complete);
  CHECK(row->contents_done == row->contents);
  CHECK(row->passed == 1);
  CHECK(row->failed == 0);
  CHECK(row->mismatched == 0);
}

TEST_CASE("of one package only that is looked at") {
  validating_node node;
  auto order = node.order();
  order.all = false;
  order.desired.pop_back();
  node.validate(order);
  CHECK(node.ids() == numbers{2380, 2381, 2384, 2386});
  CHECK(node.the(2384).insertions[0] == "PKG00001");
}

TEST_CASE("a package record that is gone is written anew, and the content passes") {
  validating_node node;
  node.remove("pkglib/PKG00001");
  node.validate(node.order());
  CHECK(node.ids() == numbers{2380, 2388, 2381, 2384, 2384, 2386});
  CHECK(node.world.peek_file(host, node.place("pkglib/PKG00001")));
}

TEST_CASE("an order comes in parts, each of which may be repeated") {
  validating_node node;
  auto first = node.order();
  auto second = node.order();
  first.desired.pop_back();
  first.last = false;
  second.desired.erase(second.desired.begin());
  second.part = 1;
  CHECK(node.tell(second).error().code == errc::invalid);
  CHECK(node.tell(first).ok());
  CHECK(node.tell(first).ok());
  CHECK(node.row().error().code == errc::not_found);
  CHECK(node.tell(second).ok());
  node.settle();
  CHECK(node.tell(second).ok());  // when it is over as well
  node.settle();
  CHECK(node.ids() == numbers{2380, 2381, 2384, 2384, 2386});
}

TEST_CASE("cycles run one after another, and only so many wait") {
  validating_node node;
  REQUIRE(node.tell(node.order(1)).ok());
  for (std::uint32_t i = 0; i < limits::validation_cycles_waiting_max; ++i) {
    REQUIRE(node.tell(node.order(static_cast<int>(2 + i))).ok());
  }
  CHECK(node.row(1)->state == validation_state::running);
  CHECK(node.row(2)->state == validation_state::queued);
  CHECK(node.tell(node.order(99)).error().code == errc::limit_reached);
  for (std::uint32_t i = 0; i < limits::validation_cycles_waiting_max + 1; ++i) { node.settle(); }
  CHECK(node.row(2)->state == validation_state::complete);
  CHECK(node.row(1 + limits::validation_cycles_waiting_max)->state == validation_state::complete);
}

TEST_CASE("when the node stops every cycle says that it was aborted, and how far it was") {
  validating_node node;
  REQUIRE(node.tell(node.order(1)).ok());
  REQUIRE(node.tell(node.order(2)).ok());
  const auto answer = node.time.ask<done>(node.validation, abort_validations{"the node stops"});
  REQUIRE(answer.has_value());
  CHECK(answer->ok());
  CHECK(node.ids() == numbers{2380, 20009, 20009});
  CHECK(node.the(20009).insertions[2] == "the node stops");
  CHECK(node.row(1)->state == validation_state::aborted);
  node.settle();
  CHECK(node.ids() == numbers{2380, 20009, 20009});
}

TEST_CASE("while content moves a validation of low priority gives way, and does not otherwise") {
  const auto took = [](bool busy) {
    validating_node node;
    const auto begun = node.world.now();
    node.content_moves = busy;
    node.validate(node.order());
    CHECK(node.row()->state == validation_state::complete);
    return node.world.now() - begun;
  };
  const auto at_rest = took(false);
  const auto busy = took(true);
  CHECK(busy > at_rest + 500ms);
}

}  // namespace sluice::actors::testing
