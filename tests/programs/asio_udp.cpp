// Datagrams and timers over standalone Asio.
#include <asio.hpp>

#include <chrono>
#include <iostream>
#include <string>

using asio::ip::udp;

int main()
{
    asio::io_context context;
    udp::endpoint loopback(asio::ip::make_address("127.0.0.1"), 0), from;
    udp::socket server(context, loopback), client(context, loopback);
    char request[64], reply[64];
    std::string result;

    server.async_receive_from(asio::buffer(request), from, [&](std::error_code ec, size_t n) {
        if (!ec)
            server.async_send_to(asio::buffer(request, n), from, [](std::error_code, size_t) {});
    });
    client.async_send_to(asio::buffer("hello", 5), server.local_endpoint(),
                         [&](std::error_code, size_t) {
                             client.async_receive(asio::buffer(reply),
                                                  [&](std::error_code ec, size_t n) {
                                                      if (!ec)
                                                          result.assign(reply, n);
                                                  });
                         });

    asio::steady_timer short_timer(context, std::chrono::milliseconds(20));
    asio::steady_timer long_timer(context, std::chrono::hours(1));
    bool cancelled = false;
    short_timer.async_wait([&](std::error_code ec) {
        if (!ec)
            long_timer.cancel();
    });
    long_timer.async_wait(
        [&](std::error_code ec) { cancelled = ec == asio::error::operation_aborted; });
    context.run();
    std::cout << result << ' ' << cancelled << '\n';
    return result != "hello" || !cancelled;
}
