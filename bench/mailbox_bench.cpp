// What taking turns costs: a question to another actor and its answer, and a question that an actor
// answers by way of a reactor, as the librarian and the sources do. At depth 1 each waits for the
// other to wake; deeper, waking is shared.
#include <future>
#include <memory>

#include <benchmark/benchmark.h>

#include "actors/io_bridge.hpp"

using namespace sluice;

namespace {

constexpr std::size_t trips_per_iteration = 1000;

using echo_actor = caf::typed_actor<caf::replies_to<std::uint64_t>::with<std::uint64_t>>;
using bridged_actor = caf::typed_actor<caf::replies_to<std::uint64_t>::with<std::uint64_t>,
                                       caf::reacts_to<actors::operation_done<std::uint64_t>>>;

/// As a daemon sets it up: see node_system.cpp.
struct sharing_config : caf::actor_system_config {
  sharing_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 2);
  }
};

/// Asks `whom` again and again, `depth` questions at a time.
template <typename Handle>
struct asking {
  caf::event_based_actor* self = nullptr;
  Handle whom;
  std::size_t to_ask = trips_per_iteration;
  std::size_t to_come = trips_per_iteration;
  std::promise<void>* over = nullptr;
};

template <typename Handle>
void ask_next(const std::shared_ptr<asking<Handle>>& state) {
  if (state->to_ask == 0) { return; }
  state->to_ask -= 1;
  state->self->request(state->whom, caf::infinite, std::uint64_t{state->to_ask})
      .then([state](std::uint64_t) {
        if (--state->to_come == 0) { return state->over->set_value(); }
        ask_next(state);
      });
}

template <typename Handle>
void make_trips(caf::actor_system& system, const Handle& whom, std::size_t depth) {
  std::promise<void> over;
  system.spawn([&over, whom, depth](caf::event_based_actor* self) {
    auto state = std::make_shared<asking<Handle>>();
    state->self = self;
    state->whom = whom;
    state->over = &over;
    for (std::size_t i = 0; i < depth; ++i) { ask_next(state); }
  });
  over.get_future().wait();
}

template <typename Handle>
void measure(benchmark::State& run, caf::actor_system& system, Handle& whom) {
  const auto depth = static_cast<std::size_t>(run.range(0));
  for (auto _ : run) { make_trips(system, whom, depth); }
  run.SetItemsProcessed(run.iterations() * static_cast<std::int64_t>(trips_per_iteration));
  caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
  whom = Handle();
  system.await_all_actors_done();
}

void actor_to_actor(benchmark::State& run) {
  sharing_config config;
  caf::actor_system system(config);
  echo_actor echo = system.spawn([](echo_actor::pointer) -> echo_actor::behavior_type {
    return {[](std::uint64_t number) { return number; }};
  });
  measure(run, system, echo);
}

io::task<std::uint64_t> same(std::uint64_t number) { co_return number; }

struct bridged_state {
  bridged_state() = default;
  actors::node_parts parts;
  actors::operations_under_way<std::uint64_t> under_way;
};
using bridged_pointer = bridged_actor::stateful_pointer<bridged_state>;

bridged_actor::behavior_type bridged(bridged_pointer self, actors::node_parts parts) {
  self->state.parts = std::move(parts);
  return {
      [self](std::uint64_t number) {
        auto promise = self->make_response_promise<std::uint64_t>();
        self->state.under_way.start(self->state.parts, bridged_actor{self}, promise,
                                    [number] { return same(number); });
        return promise;
      },
      [self](actors::operation_done<std::uint64_t>& done) { self->state.under_way.finish(done); },
  };
}

void actor_to_reactor(benchmark::State& run) {
  auto thread = io::reactor_thread::start("bench");
  if (!thread) { return run.SkipWithError(describe(thread.error()).c_str()); }
  io::task_group operations;
  actors::node_parts parts;
  parts.ring = &(*thread)->get();
  parts.operations = &operations;
  sharing_config config;
  caf::actor_system system(config);
  bridged_actor whom = system.spawn(bridged, parts);
  measure(run, system, whom);
}

BENCHMARK(actor_to_actor)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();
BENCHMARK(actor_to_reactor)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
