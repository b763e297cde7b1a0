#pragma once

#include <memory>

#include "http/http.hpp"
#include "rpc/rpc.hpp"
#include "storage/storage.hpp"

/// A node's status reporter between a real outbox and a management point that does what a test
/// tells it, in virtual time.
namespace sluice::actors::testing {

class fake_management_point final : public rpc::management_point_service {
public:
  std::optional<error> trouble;  ///< every call fails with it
  bool maintenance = false;      ///< the node is withheld from clients
  bool knows_node = true;        ///< false: forgot it, until it registers
  std::uint64_t withheld = 0;    ///< acknowledges this many less than came
  std::string site = "PKG";
  char key = 'a';                            ///< the digit that its one key has everywhere
  std::vector<rpc::registration> questions;  ///< who the site is: they register nothing
  std::vector<rpc::registration> registrations;
  std::vector<rpc::report_batch> batches;
  std::size_t refused_batches = 0;                      ///< of a node that it does not know
  std::vector<std::chrono::nanoseconds> heartbeats;     ///< at these times
  std::vector<std::vector<model::usage_window>> usage;  ///< of each heartbeat that was answered
  std::vector<std::chrono::nanoseconds> calls;          ///< of any kind, also those that failed
  std::function<std::chrono::nanoseconds()> clock;

  result<rpc::registration_answer> register_node(const rpc::principal&,
                                                 const rpc::registration& given) override;
  result<rpc::heartbeat_answer> heartbeat(const rpc::principal&,
                                          const rpc::heartbeat_request& given) override;
  result<std::uint64_t> submit(const rpc::principal&, const rpc::report_batch& batch) override;

  /// The insertion strings that came, in order, repeats and all.
  [[nodiscard]] std::vector<std::string> delivered() const;
};

class virtual_reporter {
public:
  virtual_reporter();
  ~virtual_reporter();

  fake_management_point site;
  http::client_census& visitors();  ///< whom its content servers counted
  void hold(std::uint32_t count);   ///< contents of as many packages are on this node
  void begin();                     ///< the reporter starts
  void append(std::size_t count);   ///< reports "0", "1", ...: each the next number
  [[nodiscard]] std::size_t undelivered();
  void reload(std::vector<model::setting_row> settings);  ///< of its host
  result<model::adoption> adopt();
  [[nodiscard]] std::string site_refused();          ///< why, else empty
  void restart();                                    ///< the reporter, with what the database knows
  [[nodiscard]] std::string orders_refused() const;  ///< why, else empty
  void call();                                       ///< an order came that was not taken
  void withdraw_site();                              ///< nobody listens at its address
  void offer_site();

  void advance(std::chrono::nanoseconds distance);
  [[nodiscard]] std::chrono::nanoseconds elapsed() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::actors::testing
