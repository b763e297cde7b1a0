#pragma once

#include <chrono>
#include <cstdint>

/// Every bound of the system, once. Where two depend on each other a static_assert says how. Those
/// of content validation are in base/validation_limits.hpp.
namespace sluice::limits {

using namespace std::chrono_literals;

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;

// Names for bytes (BEP 52).
inline constexpr std::uint64_t leaf_size = 16 * kib;
inline constexpr std::uint64_t piece_size = 1 * mib;
inline constexpr std::uint64_t leaves_per_piece = piece_size / leaf_size;
static_assert(leaves_per_piece == 64);

// Buffers: one budget per process.
inline constexpr std::uint32_t buffers_per_process = 128;  // of `piece_size`
inline constexpr std::uint32_t buffers_per_slab = 16;
inline constexpr std::uint32_t jobs_moving_max = 4;
inline constexpr std::uint32_t buffers_per_moving_job_max = 16;
inline constexpr std::uint32_t buffers_for_cold_readers_max = 48;
inline constexpr std::uint32_t buffers_per_cold_reader = 4;
inline constexpr std::uint64_t cold_bytes_min = 4 * mib;  // less is read into the page cache
inline constexpr auto asked_again_window = 60s;           // what is asked for twice is kept there
// Every moving job can always make progress: nobody waits for a buffer that a waiting job holds.
static_assert(jobs_moving_max * buffers_per_moving_job_max + buffers_for_cold_readers_max <=
              buffers_per_process);

// One message of work between actors and reactors.
inline constexpr std::uint64_t range_per_message = 16 * mib;
inline constexpr std::uint32_t files_per_batch_max = 256;
inline constexpr std::uint64_t bytes_per_batch_max = 16 * mib;
static_assert(range_per_message % piece_size == 0);

// Durability: verified pieces are recorded at least this often.
inline constexpr std::uint64_t unrecorded_bytes_max = 16 * mib;
inline constexpr auto unrecorded_time_max = 1s;

// Manifest.
inline constexpr std::uint32_t manifest_entries_max = 1'000'000;
inline constexpr std::uint64_t manifest_bytes_max = 64 * mib;
inline constexpr std::uint32_t path_bytes_max = 4096;

// HTTP.
inline constexpr auto http_head_deadline = 10s;
inline constexpr auto http_stall_deadline = 30s;
inline constexpr auto http_idle_deadline = 60s;
inline constexpr std::uint64_t http_target_bytes_max = 16 * kib;
inline constexpr std::uint64_t http_head_bytes_max = 32 * kib;
inline constexpr std::uint32_t http_ranges_per_request_max = 8;
inline constexpr std::uint32_t serving_reactors_max = 4;                // one for each core
inline constexpr std::uint32_t http_connections_max = 1024;             // of each of them
inline constexpr std::uint32_t http_connections_per_address_max = 256;  // of each of them
inline constexpr std::uint64_t manifest_index_cache_bytes = 128 * mib;  // of all together
inline constexpr std::uint32_t open_files_max = 256;                    // of each serving reactor
inline constexpr auto open_file_age_max = 10s;
inline constexpr std::uint64_t remembered_file_bytes_max = 8 * kib;  // of each of those open files
inline constexpr auto open_file_sweep_interval = 5s;      // of those that nobody asks for any more
inline constexpr std::uint32_t ready_answers_max = 1024;  // twice, of each serving reactor
inline constexpr std::uint64_t ready_head_bytes_max = 1 * kib;
inline constexpr std::uint32_t http_connections_per_source = 4;
static_assert(http_target_bytes_max < http_head_bytes_max);
// Each of them can read cold content.
static_assert(buffers_for_cold_readers_max / buffers_per_cold_reader >= serving_reactors_max);

// Pulling.
inline constexpr auto source_connect_deadline = 10s;
inline constexpr auto source_head_deadline = 10s;
inline constexpr auto source_stall_deadline = 30s;
inline constexpr auto source_rate_window = 60s;
inline constexpr std::uint64_t source_bytes_per_window_min = 60 * kib;  // 1 KiB/s
inline constexpr std::uint32_t source_requests_ahead_max = 64;
inline constexpr std::uint32_t sources_per_file_max = 4;  // of one priority, side by side
// With others of its priority to ask: RFC 6298's first retransmission would be this late, too.
inline constexpr auto source_silence_max = 1s;
// Who did not answer twice in a row is not asked for a while, twice as long each time.
inline constexpr std::uint32_t source_breaker_failures = 2;
inline constexpr auto source_breaker_first = 30s;
inline constexpr auto source_breaker_last = 5min;
inline constexpr auto source_fail_back = 5min;  // a job asks again who was cut off so long ago
inline constexpr std::uint64_t source_heads_ahead_bytes_max = 32 * kib;
inline constexpr std::uint32_t bad_pieces_per_source_max = 3;
inline constexpr auto source_quarantine = 30min;
inline constexpr auto all_sources_failed_wait = 30min;
inline constexpr auto source_probe_first = 30s;
inline constexpr auto source_probe_last = 5min;
inline constexpr std::uint32_t sources_per_notification_max = 64;

// Jobs and notifications.
inline constexpr std::uint32_t jobs_per_distribution_point_max = 50;
inline constexpr std::uint32_t jobs_waiting_max = 10'000;  // beside these, for a source or space
inline constexpr std::uint32_t notification_tries_max = 30;
inline constexpr auto notification_retry_delay = 20min;
inline constexpr auto content_availability_check = 20min;
inline constexpr std::uint32_t status_polls_max = 72;
inline constexpr auto status_poll_delay = 60min;
inline constexpr std::uint32_t outbox_messages_max = 100'000;
inline constexpr std::uint32_t site_messages_max = 100'000;  // the newest; about 50 MB
inline constexpr std::uint32_t site_messages_per_sweep = 1'000;
inline constexpr std::uint32_t known_jobs_max = 100'000;  // remembered after they are over
inline constexpr std::uint32_t status_messages_per_batch = 256;
inline constexpr auto actor_restart_delay = 60s;  // after an end that nobody wished
static_assert(jobs_moving_max <= jobs_per_distribution_point_max);

// Control.
inline constexpr std::uint32_t rpc_frame_bytes_max = 1 * mib;
inline constexpr std::uint32_t rpc_string_bytes_max = 256 * kib;
inline constexpr std::uint32_t rpc_container_items_max = 4096;
inline constexpr std::uint32_t rpc_recursion_max = 16;
inline constexpr std::uint32_t rpc_connections_max = 128;
inline constexpr std::uint32_t rpc_client_threads_max = 32;
inline constexpr std::uint32_t rpc_slow_threads_max = 8;
inline constexpr std::uint32_t rpc_calls_waiting_max = 4096;
inline constexpr std::uint32_t rpc_calls_waiting_per_address_max = 64;
inline constexpr auto rpc_connect_deadline = 3s;
inline constexpr auto rpc_call_deadline = 10s;
inline constexpr auto rpc_idle_deadline = 60s;
// A package_add lasts as long as its folder is large.
inline constexpr auto package_add_deadline = 24h;
inline constexpr std::uint32_t list_page_rows = 500;
inline constexpr auto heartbeat_interval = 30s;
// contact = outbound.
inline constexpr std::uint32_t outbound_message_bytes_max = rpc_frame_bytes_max - kib;
inline constexpr auto outbound_interval = 5s;
inline constexpr auto outbound_patience = 16s;
static_assert(outbound_patience > 3 * outbound_interval);
static_assert(rpc_string_bytes_max < rpc_frame_bytes_max);
static_assert(rpc_slow_threads_max < rpc_client_threads_max);
static_assert(rpc_calls_waiting_per_address_max < rpc_calls_waiting_max);
static_assert(list_page_rows <= rpc_container_items_max);
static_assert(status_messages_per_batch <= rpc_container_items_max);

// Worker threads that may block.
inline constexpr std::uint32_t worker_queue_max = 4096;

// Threads of a reactor for calls that may block; some are kept for short ones.
inline constexpr std::uint32_t files_per_bundle_max = 64;
inline constexpr std::uint32_t side_threads_max = 16;
inline constexpr std::uint32_t side_threads_for_bundles_max = 12;
inline constexpr std::uint32_t side_threads_for_idle_reads_max = 4;
static_assert(side_threads_for_idle_reads_max < side_threads_for_bundles_max);
static_assert(side_threads_for_bundles_max < side_threads_max);

// What other threads may have posted to a reactor; beyond it they wait.
inline constexpr std::uint32_t reactor_inbox_max = 65'536;

}  // namespace sluice::limits
