#include "storage/node_database.hpp"

#include "storage/node_database_state.hpp"

namespace sluice::storage {

namespace {

/// The columns of `job`, in the order that `bind_job` and `read_job` use.
constexpr const char* insert_job_text =
    "INSERT INTO job (job, content, action, allow_fallback, priority, package_size,"
    " anonymous_access, hash_algorithm, hash, manifest_size, related_content, state, resume_to,"
    " bytes_done, bytes_transferred, reason)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* update_job_text =
    "UPDATE job SET state = ?2, resume_to = ?3, bytes_done = ?4, bytes_transferred = ?5,"
    " reason = ?6 WHERE job = ?1";
constexpr const char* select_jobs_text =
    "SELECT job, content, action, allow_fallback, priority, package_size, anonymous_access,"
    " hash_algorithm, hash, manifest_size, related_content, state, resume_to, bytes_done,"
    " bytes_transferred, reason FROM job WHERE ?1 IS NULL OR job = ?1 ORDER BY job";

void insert_job(sqlite::connection& connection, const job_record& job) {
  const model::notification& told = job.notification;
  auto row = connection.prepare(insert_job_text);
  sqlite::bind_bytes(*row, 1, told.job.bytes);
  row->bind(2, told.content.text());
  row->bind(3, static_cast<int>(told.action));
  row->bind(4, told.allow_fallback ? 1 : 0);
  row->bind(5, static_cast<int>(told.priority));
  sqlite::bind_number(*row, 6, model::raw(told.package_size));
  row->bind(7, told.anonymous_access ? 1 : 0);
  sqlite::bind_number(*row, 8, told.hash_algorithm);
  sqlite::bind_bytes(*row, 9, told.hash.bytes);
  sqlite::bind_number(*row, 10, model::raw(told.manifest_size));
  row->bind(11, told.related_content);
  row->bind(12, static_cast<int>(job.situation.state));
  row->bind(13, static_cast<int>(job.situation.resume_to));
  sqlite::bind_number(*row, 14, job.bytes_done);
  sqlite::bind_number(*row, 15, job.bytes_transferred);
  row->bind(16, job.reason);
  row->exec();
}

void insert_sources(sqlite::connection& connection, const model::notification& told) {
  int position = 0;
  for (const model::source_entry& source : told.sources) {
    auto row = connection.prepare(
        "INSERT INTO job_source (job, position, name, node, address, protocol, priority)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)");
    sqlite::bind_bytes(*row, 1, told.job.bytes);
    row->bind(2, position++);
    row->bind(3, source.name);
    sqlite::bind_bytes(*row, 4, source.node.bytes);
    row->bind(5, source.address);
    row->bind(6, source.protocol);
    row->bind(7, source.priority);
    row->exec();
  }
}

job_record read_job(SQLite::Statement& row) {
  job_record job;
  model::notification& told = job.notification;
  sqlite::read_bytes(row, 0, told.job.bytes);
  told.content = content_in(row, 1);
  told.action = static_cast<model::notification_action>(row.getColumn(2).getInt());
  told.allow_fallback = row.getColumn(3).getInt() != 0;
  told.priority = static_cast<model::package_priority>(row.getColumn(4).getInt());
  told.package_size = model::byte_count{sqlite::read_number(row, 5)};
  told.anonymous_access = row.getColumn(6).getInt() != 0;
  told.hash_algorithm = static_cast<std::uint32_t>(sqlite::read_number(row, 7));
  sqlite::read_bytes(row, 8, told.hash.bytes);
  told.manifest_size = model::byte_count{sqlite::read_number(row, 9)};
  told.related_content = row.getColumn(10).getString();
  job.situation.state = static_cast<model::job_state>(row.getColumn(11).getInt());
  job.situation.resume_to = static_cast<model::job_state>(row.getColumn(12).getInt());
  job.bytes_done = sqlite::read_number(row, 13);
  job.bytes_transferred = sqlite::read_number(row, 14);
  job.reason = row.getColumn(15).getString();
  return job;
}

void read_sources(sqlite::connection& connection, model::notification& told) {
  auto rows = connection.prepare(
      "SELECT name, node, address, protocol, priority FROM job_source WHERE job = ?"
      " ORDER BY position");
  sqlite::bind_bytes(*rows, 1, told.job.bytes);
  while (rows->executeStep()) {
    model::source_entry source;
    source.name = rows->getColumn(0).getString();
    sqlite::read_bytes(*rows, 1, source.node.bytes);
    source.address = rows->getColumn(2).getString();
    source.protocol = rows->getColumn(3).getString();
    source.priority = rows->getColumn(4).getUInt();
    told.sources.push_back(std::move(source));
  }
}

bool is_known(sqlite::connection& connection, const model::job_id& job) {
  auto row = connection.prepare("SELECT 1 FROM known_job WHERE job = ?");
  sqlite::bind_bytes(*row, 1, job.bytes);
  return row->executeStep();
}

/// Remembers the id, and forgets the oldest ids of jobs that are over.
void remember(sqlite::connection& connection, const model::job_id& job) {
  auto row = connection.prepare("INSERT INTO known_job (job) VALUES (?)");
  sqlite::bind_bytes(*row, 1, job.bytes);
  row->exec();
  auto old = connection.prepare(
      "DELETE FROM known_job WHERE number <= (SELECT max(number) FROM known_job) - ?"
      " AND job NOT IN (SELECT job FROM job)");
  old->bind(1, limits::known_jobs_max);
  old->exec();
}

model::epoch_id read_or_make_epoch(sqlite::connection& connection, model::epoch_id fresh) {
  {
    auto row = connection.prepare("SELECT epoch FROM epoch");
    if (row->executeStep()) {
      model::epoch_id found;
      sqlite::read_bytes(*row, 0, found.bytes);
      return found;
    }
  }
  auto row = connection.prepare("INSERT INTO epoch (only, epoch) VALUES (1, ?)");
  sqlite::bind_bytes(*row, 1, fresh.bytes);
  row->exec();
  return fresh;
}

}  // namespace

model::content_id content_in(SQLite::Statement& row, int column) {
  const auto content = model::content_id::parse(row.getColumn(column).getString());
  if (!content) { throw SQLite::Exception("a content id is damaged"); }
  return *content;
}

node_database::node_database(std::unique_ptr<state> made) : state_(std::move(made)) {}
node_database::~node_database() = default;

result<std::unique_ptr<node_database>> node_database::open(const std::string& path,
                                                           model::epoch_id fresh_epoch) {
  const sqlite::schema wanted{node_schema, 1, "node database"};
  auto connection = sqlite::connection::open(path, wanted, sqlite::durability::full);
  if (!connection) { return connection.error(); }
  auto epoch = sqlite::attempt("read the epoch of the node database",
                               [&] { return read_or_make_epoch(**connection, fresh_epoch); });
  if (!epoch) { return epoch.error(); }
  auto made = std::make_unique<state>();
  made->connection = std::move(*connection);
  made->epoch = *epoch;
  return std::unique_ptr<node_database>(new node_database(std::move(made)));
}

model::epoch_id node_database::epoch() const { return state_->epoch; }
bool node_database::was_remade() const noexcept { return state_->connection->was_remade(); }

result<void> node_database::add_job(const job_record& job) {
  const std::string doing = format("record job {}", job.notification.job.text());
  sqlite::connection& connection = *state_->connection;
  const auto added = sqlite::attempt(doing, [&] {
    SQLite::Transaction whole(connection.database());
    if (is_known(connection, job.notification.job)) { return false; }
    insert_job(connection, job);
    insert_sources(connection, job.notification);
    remember(connection, job.notification.job);
    whole.commit();
    return true;
  });
  if (!added) { return added.error(); }
  if (!*added) { return error{errc::conflict, 0, doing + ": it was taken before"}; }
  return {};
}

result<void> node_database::update_job(const job_record& job) {
  const std::string doing = format("record the state of job {}", job.notification.job.text());
  const auto changed = sqlite::attempt(doing, [&] {
    auto row = state_->connection->prepare(update_job_text);
    sqlite::bind_bytes(*row, 1, job.notification.job.bytes);
    row->bind(2, static_cast<int>(job.situation.state));
    row->bind(3, static_cast<int>(job.situation.resume_to));
    sqlite::bind_number(*row, 4, job.bytes_done);
    sqlite::bind_number(*row, 5, job.bytes_transferred);
    row->bind(6, job.reason);
    return row->exec();
  });
  if (!changed) { return changed.error(); }
  if (*changed == 0) { return error{errc::not_found, 0, doing}; }
  return {};
}

result<void> node_database::replace_sources(const model::notification& told) {
  return sqlite::attempt(format("record the sources of job {}", told.job.text()), [&] {
    sqlite::connection& connection = *state_->connection;
    SQLite::Transaction whole(connection.database());
    auto row = connection.prepare("DELETE FROM job_source WHERE job = ?");
    sqlite::bind_bytes(*row, 1, told.job.bytes);
    row->exec();
    insert_sources(connection, told);
    whole.commit();
  });
}

result<void> node_database::forget_job(const model::job_id& job) {
  return sqlite::attempt(format("forget job {}", job.text()), [&] {
    auto row = state_->connection->prepare("DELETE FROM job WHERE job = ?");
    sqlite::bind_bytes(*row, 1, job.bytes);
    row->exec();
  });
}

result<std::vector<job_record>> node_database::jobs() {
  return sqlite::attempt("read the jobs of the node database", [&] {
    std::vector<job_record> all;
    auto rows = state_->connection->prepare(select_jobs_text);
    while (rows->executeStep()) {
      all.push_back(read_job(*rows));
      read_sources(*state_->connection, all.back().notification);
    }
    return all;
  });
}

result<std::optional<job_record>> node_database::job(const model::job_id& job) {
  return sqlite::attempt(format("read job {}", job.text()), [&]() -> std::optional<job_record> {
    auto row = state_->connection->prepare(select_jobs_text);
    sqlite::bind_bytes(*row, 1, job.bytes);
    if (!row->executeStep()) { return std::nullopt; }
    job_record found = read_job(*row);
    read_sources(*state_->connection, found.notification);
    return found;
  });
}

result<bool> node_database::knows_job(const model::job_id& job) {
  return sqlite::attempt(format("look for job {}", job.text()),
                         [&] { return is_known(*state_->connection, job); });
}

}  // namespace sluice::storage
