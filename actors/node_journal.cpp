#include "actors/node_journal.hpp"

namespace sluice::actors {

namespace {

/// A write that failed is told to whoever asked, and to the operator: nobody waits for most of
/// them.
template <typename T>
caf::result<T> answer(const result<T>& outcome) {
  if (!outcome) { log::error("node_journal", describe(outcome.error())); }
  return to_caf(outcome);
}

caf::result<done> answer(const result<void>& outcome) {
  if (!outcome) { log::error("node_journal", describe(outcome.error())); }
  return to_caf(outcome);
}

caf::result<bool> add(storage::node_database& database, const storage::job_record& job) {
  const auto added = database.add_job(job);
  if (added) { return true; }
  if (added.error().code == errc::conflict) { return false; }
  log::error("node_journal", describe(added.error()));
  return to_caf(added.error());
}

caf::result<recorded_pieces> recall(storage::node_database& database, const recall_pieces& asked) {
  recorded_pieces all;
  for (const model::file_id& file : asked.files) {
    auto runs = database.pieces_of(file);
    if (!runs) { return to_caf(runs.error()); }
    all.insert(all.end(), runs->begin(), runs->end());
  }
  return all;
}

}  // namespace

node_journal_actor::behavior_type node_journal(
    node_journal_actor::stateful_pointer<node_journal_state> self,
    std::shared_ptr<storage::node_database> database) {
  self->state.database = std::move(database);
  return {
      [self](const add_job& mail) { return add(*self->state.database, mail.job); },
      [self](const update_job& mail) { return answer(self->state.database->update_job(mail.job)); },
      [self](const replace_sources& mail) {
        return answer(self->state.database->replace_sources(mail.told));
      },
      [self](const forget_job& mail) { return answer(self->state.database->forget_job(mail.job)); },
      [self](const recall_job& mail) -> caf::result<recalled_job> {
        auto row = self->state.database->job(mail.job);
        if (!row) { return to_caf(row.error()); }
        return recalled_job{std::move(*row)};
      },
      [self](const record_pieces& mail) {
        return answer(self->state.database->record_pieces(mail.runs));
      },
      [self](const recall_pieces& mail) { return recall(*self->state.database, mail); },
      [self](const forget_pieces& mail) {
        return answer(self->state.database->forget_pieces(mail.file));
      },
      [self](const pin_keys& mail) { return answer(self->state.database->pin_keys(mail.keys)); },
      [self](const forget_site& mail) {
        return answer(self->state.database->forget_site(mail.keys));
      },
      [self](const append_reports& mail) -> caf::result<done> {
        const auto sequences = self->state.database->append(mail.rows);
        if (!sequences) {
          log::error("node_journal", describe(sequences.error()));
          return to_caf(sequences.error());
        }
        if (self->state.listener) { self->send(self->state.listener, reports_waiting{}); }
        return done{};
      },
      [self](const watch_outbox& mail) { self->state.listener = mail.listener; },
      [self](const read_outbox& mail) {
        return answer(self->state.database->outbox(mail.rows_max));
      },
      [self](const acknowledge_reports& mail) {
        return answer(self->state.database->acknowledge(mail.up_to));
      },
      [](health_question) { return done{}; },
  };
}

}  // namespace sluice::actors
