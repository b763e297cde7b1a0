#include <doctest/doctest.h>
#include <unistd.h>

#include "rpc/wire.hpp"
#include "tests/rpc/fake_node.hpp"
#include "tests/rpc/live_server.hpp"

namespace sluice::rpc {

namespace {

constexpr std::uint64_t seed = 20260131;

/// Lets `service` answer `answer`, makes the call, and compares what came out at both ends.
template <typename Answer, typename Call, typename... Arguments>
void check_call(script& service, const char* method, const Answer& answer, Call call,
                const Arguments&... given) {
  INFO(std::string(method));
  service.answer = answer;
  service.failure.reset();
  const result<Answer> came = call();
  REQUIRE_MESSAGE(came.ok(), came.error().doing);
  CHECK(*came == answer);
  CHECK(service.method == method);
  REQUIRE(service.arguments.size() == sizeof...(given));
  [[maybe_unused]] std::size_t at = 0;
  [[maybe_unused]] const auto check_next = [&](bool same) {
    INFO(at);
    CHECK(same);
    ++at;
  };
  (check_next(std::any_cast<const Arguments&>(service.arguments[at]) == given), ...);

  service.failure = error{errc::conflict, 17, "do it: \"no\""};
  const result<Answer> failed = call();
  REQUIRE(!failed.ok());
  CHECK(failed.error() == *service.failure);
}

template <typename Call, typename Argument, typename... More>
void check_order(script& service, const char* method, Call call, const Argument& given,
                 const More&... more) {
  INFO(std::string(method));
  service.failure.reset();
  const result<void> done = call();
  REQUIRE_MESSAGE(done.ok(), done.error().doing);
  CHECK(service.method == method);
  CHECK(std::any_cast<const Argument&>(service.arguments.at(0)) == given);
  [[maybe_unused]] std::size_t place = 0;
  const bool same = ((std::any_cast<const More&>(service.arguments.at(++place)) == more) && ...);
  CHECK(same);
  service.failure = error{errc::not_found, 0, "find it"};
  const result<void> failed = call();
  REQUIRE(!failed.ok());
  CHECK(failed.error() == *service.failure);
}

void check_packages(random_values& random, fake_admin& fake, admin_service& client) {
  const auto add = random.add_request();
  check_call(
      fake, "package_add", random.package_row(), [&] { return client.package_add({}, add); }, add);
  const auto folder = random.text();
  check_call(
      fake, "package_add_status",
      package_add_progress{random.coin(), random.large(), random.large()},
      [&] { return client.package_add_status({}, folder); }, folder);
  const auto wish = random.wish();
  check_call(
      fake, "package_list", random.page_of([&] { return random.package_row(); }),
      [&] { return client.package_list({}, wish); }, wish);
  const auto package = random.package();
  check_call(
      fake, "package_show", random.package_row(), [&] { return client.package_show({}, package); },
      package);
  const auto change = random.package_change();
  check_call(
      fake, "package_set", random.package_row(), [&] { return client.package_set({}, change); },
      change);
  check_call(
      fake, "package_update", random.package_updated(),
      [&] { return client.package_update({}, package); }, package);
  check_order(
      fake, "package_remove", [&] { return client.package_remove({}, package); }, package);
}

void check_points(random_values& random, fake_admin& fake, admin_service& client) {
  const auto request = random.point_request();
  check_call(
      fake, "distribution_point_add", random.distribution_point_row(),
      [&] { return client.distribution_point_add({}, request); }, request);
  check_call(
      fake, "distribution_point_set", random.distribution_point_row(),
      [&] { return client.distribution_point_set({}, request); }, request);
  const auto wish = random.wish();
  check_call(
      fake, "distribution_point_list",
      random.page_of([&] { return random.distribution_point_row(); }),
      [&] { return client.distribution_point_list({}, wish); }, wish);
  const auto name = random.text();
  check_call(
      fake, "distribution_point_show", random.distribution_point_row(),
      [&] { return client.distribution_point_show({}, name); }, name);
  check_call(
      fake, "distribution_point_candidates", random.list([&] {
        return model::source_candidate{random.text(), random.coin(), "why"};
      }),
      [&] { return client.distribution_point_candidates({}, name); }, name);
  check_call(
      fake, "distribution_point_settings", random.list([&] { return random.setting_row(); }),
      [&] { return client.distribution_point_settings({}, name); }, name);
  const bool keep = random.coin();
  check_order(
      fake, "distribution_point_remove",
      [&] { return client.distribution_point_remove({}, name, keep); }, name, keep);
}

void check_distributions(random_values& random, fake_admin& fake, admin_service& client) {
  const auto request = random.distribute();
  check_call(
      fake, "distribute", random.distributed(), [&] { return client.distribute({}, request); },
      request);
  const auto cancel = random.cancel();
  check_call(
      fake, "cancel", random.cancelled(), [&] { return client.cancel({}, cancel); }, cancel);
  const auto query = random.query();
  check_call(
      fake, "status", random.page_of([&] { return random.distribution_row(); }),
      [&] { return client.status({}, query); }, query);
  const auto job = random.id<model::job_id>();
  check_call(
      fake, "job_show", random.distribution_row(), [&] { return client.job_show({}, job); }, job);
  const auto package = random.package();
  const auto point = random.text();
  check_call(
      fake, "why", random.why_report(), [&] { return client.why({}, package, point); }, package,
      point);
  const auto wish = random.wish();
  check_call(
      fake, "messages", random.page_of([&] { return random.message_row(); }),
      [&] { return client.messages({}, wish); }, wish);
}

void check_groups(random_values& random, fake_admin& fake, admin_service& client) {
  const auto change = random.group_change();
  check_call(
      fake, "group_change", random.group_changed(), [&] { return client.group_change({}, change); },
      change);
  const auto wish = random.wish();
  check_call(
      fake, "group_list", random.page_of([&] { return random.group_row(); }),
      [&] { return client.group_list({}, wish); }, wish);
  const auto name = random.text();
  check_call(
      fake, "group_show", random.group_row(), [&] { return client.group_show({}, name); }, name);
  check_call(
      fake, "group_status", random.page_of([&] { return random.group_status_row(); }),
      [&] { return client.group_status({}, name, wish); }, name, wish);
}

void check_validations(random_values& random, fake_admin& fake, admin_service& client) {
  const auto request = random.validation_wish();
  check_call(
      fake, "validation_begin", random.validation_reply(),
      [&] { return client.validation_begin({}, request); }, request);
  const auto cycle = random.id<model::cycle_id>();
  const auto wish = random.wish();
  check_call(
      fake, "validation_show", random.page_of([&] { return random.validation_row(); }),
      [&] { return client.validation_show({}, cycle, wish); }, cycle, wish);
}

}  // namespace

TEST_CASE("every method of Admin carries its values there and back") {
  random_values random(seed);
  fake_admin fake;
  const live_server live({.admin = &fake});
  const auto client = connect_admin(live.unix_address(), live_server::patience);
  for (int round = 0; round < 50; ++round) {
    check_packages(random, fake, *client);
    check_points(random, fake, *client);
    check_distributions(random, fake, *client);
    check_groups(random, fake, *client);
    check_validations(random, fake, *client);
  }
}

TEST_CASE("every method of Node carries its values there and back") {
  random_values random(seed);
  fake_node fake;
  const live_server live({.node = &fake});
  const auto client = connect_node(live.unix_address(), live_server::patience);
  for (int round = 0; round < 50; ++round) {
    check_call(fake, "node_status", random.node_report(), [&] { return client->node_status({}); });
    const auto package = random.package();
    check_call(
        fake, "node_why", random.why_report(), [&] { return client->node_why({}, package); },
        package);
    check_call(fake, "node_library", random.library_report(),
               [&] { return client->node_library({}); });
    check_call(fake, "node_adopt", random.adoption(), [&] { return client->node_adopt({}); });
  }
}

TEST_CASE("every method of ManagementPoint carries its values there and back") {
  random_values random(seed);
  fake_management_point fake;
  const live_server live({.management_point = &fake});
  const auto client = connect_management_point(live.tcp_address());
  for (int round = 0; round < 50; ++round) {
    const auto registration = random.registered();
    check_call(
        fake, "register_node", random.registration_reply(),
        [&] { return client->register_node({}, registration); }, registration);
    const auto heartbeat = random.heartbeat();
    check_call(
        fake, "heartbeat",
        heartbeat_answer{random.coin(), random.coin(), random.maybe([&] {
                           return site_command{random.large(), random.large(), random.text()};
                         })},
        [&] { return client->heartbeat({}, heartbeat); }, heartbeat);
    const auto batch = random.batch();
    check_call(
        fake, "submit", random.large(), [&] { return client->submit({}, batch); }, batch);
  }
}

TEST_CASE("every method of DistributionPointControl carries its values there and back") {
  random_values random(seed);
  fake_control fake;
  const live_server live({.control = &fake});
  const auto client = connect_control(live.tcp_address());
  for (int round = 0; round < 50; ++round) {
    const auto notification = random.notification();
    check_call(
        fake, "notify", random.notified(), [&] { return client->notify({}, notification); },
        notification);
    const auto job = random.id<model::job_id>();
    check_call(
        fake, "poll", random.polled(), [&] { return client->poll({}, job); }, job);
    job_cancel stop{job, random.text()};
    if (round % 2 == 0) { stop.discard = random.content(); }
    check_call(
        fake, "cancel", random.cancel_outcome(), [&] { return client->cancel({}, stop); }, stop);
    const auto content = random.content();
    check_order(
        fake, "remove_content", [&] { return client->remove_content({}, content); }, content);
    const auto wish = random.wish();
    check_call(
        fake, "inventory", random.page_of([&] { return random.content(); }),
        [&] { return client->inventory({}, wish); }, wish);
    const auto order = random.ordered_validation();
    check_order(
        fake, "validate", [&] { return client->validate({}, order); }, order);
    const auto cycle = random.id<model::cycle_id>();
    check_call(
        fake, "validation_progress", random.validation_row(),
        [&] { return client->validation_progress({}, cycle); }, cycle);
    check_call(fake, "free_space", model::byte_count{random.large()},
               [&] { return client->free_space({}); });
    const std::chrono::seconds patience{random.small()};
    check_call(
        fake, "begin_push", random.text(), [&] { return client->begin_push({}, job, patience); },
        job, patience);
  }
}

TEST_CASE("a principal comes from the transport") {
  random_values random(seed);
  fake_admin admin;
  fake_management_point management_point;
  const live_server live({.admin = &admin, .management_point = &management_point});
  admin.answer = random.package_row();
  const auto operators = connect_admin(live.unix_address(), live_server::patience);
  const principal liar{.how = principal::way::certificate, .user = 12345, .name = "somebody"};
  REQUIRE(operators->package_show(liar, random.package()).ok());
  CHECK(admin.caller.how == principal::way::unix_socket);
  CHECK(admin.caller.user == getuid());
  CHECK(!admin.caller.name.empty());
  management_point.answer = heartbeat_answer{};
  REQUIRE(connect_management_point(live.tcp_address())->heartbeat(liar, {}).ok());
  CHECK(management_point.caller.how == principal::way::loopback);
  CHECK(management_point.caller.name == "127.0.0.1");
}

TEST_CASE("a certificate's principal is the node that its key names") {
  std::vector<std::byte> hash(32, std::byte{0xab});
  const auto caller = principal_of_certificate(hash);
  REQUIRE(caller.ok());
  CHECK(caller->how == principal::way::certificate);
  CHECK(caller->name == "abababababababababababababababab");
  hash.pop_back();
  CHECK(principal_of_certificate(hash).error().code == errc::invalid);
}

TEST_CASE("who may not call is told where to") {
  fake_admin admin;
  fake_control control;
  const live_server live({.admin = &admin, .control = &control});
  const auto wrong_way = connect_admin(live.tcp_address(), live_server::patience);
  const auto refused = wrong_way->package_list({}, {});
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == errc::denied);
  CHECK(refused.error().doing ==
        "call Admin.package_list as loopback 127.0.0.1: use the node's Unix socket");
  const auto also_wrong = connect_control(live.unix_address());
  CHECK(also_wrong->poll({}, {}).error().code == errc::denied);
  CHECK(admin.method.empty());
  CHECK(control.method.empty());
}

TEST_CASE("a service that is not offered is refused by name") {
  const live_server live({});
  const auto refused = connect_control(live.tcp_address())->poll({}, {});
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == errc::refused);
  CHECK(refused.error().doing == "call DistributionPointControl: this address does not offer it");
}

// A16
TEST_CASE("disjoint protocol ranges are refused by the name of both sides") {
  fake_control fake;
  fake.answer = poll_answer{};
  const live_server live({.control = &fake}, {.speaks = {3, 5, "sluiced 3.1"}});
  const auto ask = [&](std::uint32_t oldest, std::uint32_t newest) {
    client_options options;
    options.speaks = {oldest, newest, "sluice test"};
    return connect_control(live.tcp_address(), options)->poll({}, {});
  };
  const auto old = ask(1, 2);
  REQUIRE(!old.ok());
  CHECK(old.error().code == errc::incompatible);
  CHECK(old.error().doing ==
        "agree on a protocol: sluiced 3.1 speaks 3 to 5, sluice test speaks 1 to 2; upgrade sluice "
        "test");
  CHECK(ask(6, 9).error().code == errc::incompatible);
  CHECK(fake.method.empty());
  CHECK(ask(1, 3).ok());
  CHECK(ask(5, 9).ok());
}

TEST_CASE("a notification with an unknown algorithm does not reach the service") {
  random_values random(seed);
  fake_control fake;
  const live_server live({.control = &fake});
  auto notification = random.notification();
  notification.hash_algorithm = 32772;
  const auto refused = connect_control(live.tcp_address())->notify({}, notification);
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == errc::incompatible);
  CHECK(fake.method.empty());
}

TEST_CASE("lists end where a frame does, and can be read on") {
  random_values random(seed);
  fake_admin fake;
  const live_server live({.admin = &fake});
  page<model::package_row> all;
  for (int i = 0; i < 400; ++i) {
    all.rows.push_back(random.package_row());
    all.rows.back().source_path.assign(4000, 'x');
  }
  all.total = 400;
  fake.answer = all;
  const auto client = connect_admin(live.unix_address(), live_server::patience);
  const auto first = client->package_list({}, {});
  REQUIRE(first.ok());
  CHECK(first->total == 400);
  CHECK(first->rows.size() > 200);
  CHECK(first->rows.size() < 400);
  CHECK(first->rows.front() == all.rows.front());

  for (auto& row : all.rows) { row.source_path.clear(); }
  all.rows.resize(1000, all.rows.front());
  fake.answer = all;
  const auto capped = client->package_list({}, {.offset = 0, .rows = 1'000'000});
  REQUIRE(capped.ok());
  CHECK(capped->rows.size() == limits::list_page_rows);
}

TEST_CASE("an inventory that has not one hash for each content is refused") {
  random_values random(seed);
  registration given = random.registered();
  given.inventory.assign(2, {random.content(), random.digest()});
  auto sent = to_wire(given);
  CHECK(from_wire(sent) == given);
  sent.inventory_hashes.pop_back();
  CHECK_THROWS_AS(from_wire(sent), wire::failure);
  sent.inventory_hashes.push_back("short");
  CHECK_THROWS_AS(from_wire(sent), wire::failure);
}

TEST_CASE("what does not fit into a message is refused before it is sent") {
  random_values random(seed);
  fake_management_point fake;
  const live_server live({.management_point = &fake});
  const auto client = connect_management_point(live.tcp_address());
  auto given = random.registered();
  given.inventory.assign(limits::rpc_container_items_max + 1, {random.content(), {}});
  CHECK(client->register_node({}, given).error().code == errc::limit_reached);
  auto batch = random.batch();
  batch.states.clear();
  for (int i = 0; i < 100; ++i) {
    batch.states.push_back(random.state_message());
    batch.states.back().reason.assign(20'000, 'x');
  }
  CHECK(client->submit({}, batch).error().code == errc::limit_reached);
  fake.answer = heartbeat_answer{.known = true};
  CHECK(client->heartbeat({}, random.heartbeat()).ok());
}

TEST_CASE("one connection carries far more than a message may hold") {
  random_values random(seed);
  fake_management_point fake;
  fake.answer = std::uint64_t{7};
  const live_server live({.management_point = &fake});
  const auto client = connect_management_point(live.tcp_address());
  auto batch = random.batch();
  batch.states.assign(20, random.state_message());
  for (auto& state : batch.states) { state.reason.assign(20'000, 'x'); }
  for (int i = 0; i < 10; ++i) { REQUIRE(client->submit({}, batch).ok()); }
}

TEST_CASE("a client connects again after its server was away") {
  random_values random(seed);
  fake_admin fake;
  fake.answer = random.package_row();
  const temporary_folder folder;
  const listen_address at{.unix_path = folder.path() + "/admin.sock"};
  const auto client = connect_admin(at, live_server::patience);
  const auto package = random.package();
  CHECK(client->package_show({}, package).error().code == errc::unreachable);
  for (int round = 0; round < 3; ++round) {
    auto running = server::start(at, {.admin = &fake});
    REQUIRE(running.ok());
    CHECK(client->package_show({}, package).ok());
    CHECK(client->package_show({}, package).ok());
    running->reset();
    CHECK(client->package_show({}, package).error().code == errc::unreachable);
  }
}

}  // namespace sluice::rpc
