// What a validation has to look at: the manifest, proven first, names it.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/validation_run.hpp"

namespace sluice::storage {

namespace {

constexpr std::string_view last_header_key = "bytes ";
constexpr std::size_t line_bytes_max = 32 * limits::kib;

void add(validation_run& run, finding_kind kind, error cause) {
  validation_finding found;
  found.kind = kind;
  found.cause = std::move(cause);
  add_finding(run, {}, std::move(found));
}

error fault(const validation_run& run, std::string_view why, errc code = errc::corrupt) {
  return error{code, 0, format("validate {}: {}", run.request.content.text(), why)};
}

/// Each file of a proven manifest once, those > 1 MiB first. Runs on a worker.
result<std::vector<listed_file>> files_of(std::string_view text) {
  std::vector<listed_file> files;
  std::size_t begun = 0;
  bool in_header = true;
  for (std::size_t stop = 0; (stop = text.find('\n', begun)) != text.npos; begun = stop + 1) {
    const std::string_view line = text.substr(begun, stop - begun);
    if (in_header) {
      in_header = !line.starts_with(last_header_key);
      continue;
    }
    const auto entry = model::parse_manifest_entry(line);
    if (!entry) { return entry.error(); }
    if (entry->is_file()) { files.push_back({entry->file, static_cast<std::uint32_t>(begun)}); }
  }
  const auto name = [](const listed_file& listed) { return listed.file; };
  std::ranges::sort(files, {}, name);
  const auto repeated = std::ranges::unique(files, {}, name);
  files.erase(repeated.begin(), repeated.end());
  std::stable_partition(files.begin(), files.end(), [](const listed_file& listed) {
    return hashing::piece_count(listed.file.size) > 0;
  });
  return files;
}

/// Nothing: it is the site's word, as far as the keys of this node can tell.
std::optional<std::string> signature_fault(std::string_view signature, std::string_view manifest,
                                           const std::vector<hashing::public_key>& keys) {
  const auto given = hashing::parse_signature(signature);
  if (!given) { return given.error().doing; }
  const bool known = std::ranges::any_of(
      keys, [&](const hashing::public_key& key) { return hashing::id_of(key) == given->signer; });
  // One that was made with a key of former times was verified when the content came.
  if (!known) { return std::nullopt; }
  const auto bytes = std::as_bytes(std::span(manifest));
  if (hashing::verify(keys, given->signer, hashing::manifest_context, bytes, given->bytes)) {
    return std::nullopt;
  }
  return "its signature is not of this manifest";
}

/// What a worker makes of a manifest's text.
struct proven_manifest {
  bool right = false;
  result<std::vector<listed_file>> files = std::vector<listed_file>{};
  std::optional<std::string> signature_wrong{};
};

io::task<bool> prove_text(validation_run& run, const std::string& text, model::digest promised) {
  auto signature =
      co_await run.library.root.read_whole(signature_path(run.request.content), limits::kib);
  const std::vector<hashing::public_key> keys = run.library.given.site_keys;
  proven_manifest proven;
  co_await run.library.workers.run(run.library.ring, [&] {
    proven.right = hashing::sha256(std::as_bytes(std::span(text))) == promised;
    if (!proven.right) { return; }
    proven.files = files_of(text);
    if (signature) { proven.signature_wrong = signature_fault(*signature, text, keys); }
  });
  if (!proven.right || !proven.files) {
    add(run, finding_kind::manifest_damaged,
        proven.right ? proven.files.error()
                     : fault(run, "its manifest does not hash to what its record says"));
    co_return false;
  }
  if (!signature) {
    add(run, finding_kind::signature_damaged, signature.error());
  } else if (proven.signature_wrong) {
    add(run, finding_kind::signature_damaged, fault(run, *proven.signature_wrong));
  }
  run.files = std::move(*proven.files);
  co_return true;
}

io::task<bool> prove_manifest(validation_run& run, model::digest promised) {
  auto text = co_await run.library.root.read_whole(manifest_path(run.request.content),
                                                   limits::manifest_bytes_max);
  if (!text) {
    const bool missing = text.error().code == errc::not_found;
    add(run, missing ? finding_kind::manifest_missing : finding_kind::manifest_damaged,
        text.error());
    co_return false;
  }
  const bool proven = co_await prove_text(run, *text, promised);
  co_return proven;
}

io::task<std::string> path_at(io::file& manifest, std::uint32_t offset) {
  std::string text(line_bytes_max, '\0');
  auto length = co_await manifest.read(std::as_writable_bytes(std::span(text)), offset);
  text.resize(length ? *length : 0);
  const auto entry = model::parse_manifest_entry(std::string_view(text).substr(0, text.find('\n')));
  co_return entry ? entry->path : std::string();
}

}  // namespace

io::task<bool> list_files(validation_run& run) {
  const auto entry = run.library.catalogue->find(run.request.content);
  const auto wanted = run.request.manifest_hash;
  if (!entry || (wanted && *wanted != entry->manifest_hash)) {
    add(run, finding_kind::content_missing,
        fault(
            run,
            entry ? "another manifest of it is in the library" : "the library has no record of it",
            errc::not_found));
    co_return false;
  }
  co_await run.library.manifest_memory.acquire();
  const bool proven = co_await prove_manifest(run, entry->manifest_hash);
  run.library.manifest_memory.release();
  if (!proven) { co_return false; }
  run.report.done.files_total = run.files.size();
  for (const listed_file& listed : run.files) {
    run.report.done.bytes_total += model::raw(listed.file.size);
  }
  co_return true;
}

io::task<void> name_findings(validation_run& run) {
  if (run.report.findings.empty()) { co_return; }
  auto manifest = co_await run.library.root.open_file(manifest_path(run.request.content), {});
  if (!manifest) { co_return; }
  for (std::size_t i = 0; i < run.lines.size(); ++i) {
    if (run.lines[i] == 0) { continue; }  // the header: a finding of the content itself
    auto path = co_await path_at(*manifest, run.lines[i]);
    run.report.findings[i].path = std::move(path);
  }
  co_await manifest->close();
}

}  // namespace sluice::storage
