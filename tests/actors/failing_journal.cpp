#include "tests/actors/failing_journal.hpp"

namespace sluice::actors::testing {

namespace {

struct failing_journal_state {
  failing_journal_state() = default;
};
using self_pointer = node_journal_actor::stateful_pointer<failing_journal_state>;

caf::result<done> append(self_pointer self, const node_journal_actor& real,
                         const append_reports& mail, const std::optional<error>& trouble) {
  if (trouble) { return to_caf(*trouble); }
  return self->delegate(real, mail);
}

node_journal_actor::behavior_type failing_journal(self_pointer self, node_journal_actor real,
                                                  const std::optional<error>* trouble) {
  return {
      [=](const add_job& mail) { return self->delegate(real, mail); },
      [=](const update_job& mail) { return self->delegate(real, mail); },
      [=](const replace_sources& mail) { return self->delegate(real, mail); },
      [=](const forget_job& mail) { return self->delegate(real, mail); },
      [=](const recall_job& mail) { return self->delegate(real, mail); },
      [=](const record_pieces& mail) { return self->delegate(real, mail); },
      [=](const recall_pieces& mail) { return self->delegate(real, mail); },
      [=](const forget_pieces& mail) { return self->delegate(real, mail); },
      [=](const pin_keys& mail) { return self->delegate(real, mail); },
      [=](const forget_site& mail) { return self->delegate(real, mail); },
      [=](const append_reports& mail) { return append(self, real, mail, *trouble); },
      [=](const watch_outbox& mail) { self->send(real, mail); },
      [=](const read_outbox& mail) { return self->delegate(real, mail); },
      [=](const acknowledge_reports& mail) { return self->delegate(real, mail); },
      [=](health_question asked) { return self->delegate(real, asked); },
  };
}

}  // namespace

node_journal_actor spawn_failing_journal(caf::actor_system& system, node_journal_actor real,
                                         const std::optional<error>& trouble) {
  return system.spawn(failing_journal, std::move(real), &trouble);
}

}  // namespace sluice::actors::testing
