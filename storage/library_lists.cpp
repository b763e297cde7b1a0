#include "storage/library_lists.hpp"

#include <algorithm>
#include <map>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"
#include "storage/package_record.hpp"

namespace sluice::storage {

namespace {

using items = std::vector<std::string>;

/// Nothing: it says what the library serves.
io::task<std::optional<std::string>> record_fault(library_state& library,
                                                  model::package_id package) {
  auto text = co_await library.root.read_whole(package_path(package), record_bytes_max);
  if (!text && text.error().code == errc::not_found) { co_return "is missing"; }
  if (!text) { co_return "cannot be read"; }
  const auto contents = parse_package_record(package, *text);
  if (!contents) { co_return "is damaged"; }
  if (*contents != library.catalogue->versions(package)) {
    co_return "does not say what the library holds";
  }
  co_return std::nullopt;
}

io::task<void> compare_record(library_state& library, model::package_id package, items& found) {
  const auto fault = co_await record_fault(library, package);
  if (!fault) {
    library.damaged.erase(package);
    co_return;
  }
  found.push_back(format("the package record of {} {}", package.text(), *fault));
  const auto held = library.catalogue->versions(package);
  if (held.empty()) { co_return; }  // damaged when it was read: what it said is not known
  auto written = co_await write_record(library, held.front());
  if (!written) { log::warning("storage", describe(written.error())); }
}

io::task<void> compare_records(library_state& library, items& found) {
  std::set<model::package_id> packages = library.damaged;
  for (const catalogue_entry& entry : library.catalogue->all()) {
    packages.insert(entry.content.package);
  }
  for (const model::package_id& package : packages) {
    co_await compare_record(library, package, found);
  }
}

/// What the index says of contents that is not so, and the contents that it lacks.
struct index_faults {
  items told{};
  std::vector<catalogue_entry> lacking{};
  bool wrong = false;
};

index_faults compare(const library_state& library, const std::vector<inventory::row>& indexed) {
  index_faults found;
  std::map<model::content_id, model::digest> rows;
  for (const inventory::row& row : indexed) { rows.emplace(row.content, row.manifest_hash); }
  for (const catalogue_entry& entry : library.catalogue->all()) {
    const auto row = rows.find(entry.content);
    if (row == rows.end()) {
      found.told.push_back(format("{} is not in the index", entry.content.text()));
      found.lacking.push_back(entry);
      continue;
    }
    if (row->second != entry.manifest_hash) {
      found.told.push_back(format("the index has another {}", entry.content.text()));
      found.wrong = true;
    }
    rows.erase(row);
  }
  for (const auto& [content, hash] : rows) {
    if (library.damaged.contains(content.package)) { continue; }  // told already
    found.told.push_back(format("the index has {}, the library has not", content.text()));
    found.wrong = true;
  }
  return found;
}

io::task<result<void>> compare_index(library_state& library, items& into) {
  result<std::vector<inventory::row>> indexed = error{};
  co_await library.workers.run(library.ring, [&] { indexed = library.index->contents(); });
  if (!indexed) { co_return indexed.error(); }
  index_faults found = compare(library, *indexed);
  into.insert(into.end(), found.told.begin(), found.told.end());
  if (found.wrong) {
    auto remade = co_await remake_index(library);
    co_return remade;
  }
  for (const catalogue_entry& entry : found.lacking) { co_await add_to_index(library, entry); }
  co_return result<void>();
}

}  // namespace

io::task<result<std::vector<std::string>>> compare_lists(content_library& library) {
  library_state& inside = library.inside();
  items found;
  co_await inside.records.acquire();
  co_await compare_records(inside, found);
  auto compared = co_await compare_index(inside, found);
  inside.records.release();
  if (!compared) { co_return compared.error(); }
  co_return found;
}

}  // namespace sluice::storage
