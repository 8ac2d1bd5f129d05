// An echo server and a client over standalone Asio, which takes its completion port backend.
#include <asio.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <thread>

#ifndef ASIO_HAS_IOCP
#error this is about Asio's Windows backend
#endif

using asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(tcp::socket socket) : socket_(std::move(socket)) {}
    void start()
    {
        auto self = shared_from_this();
        socket_.async_read_some(asio::buffer(data_), [this, self](std::error_code ec, size_t n) {
            if (ec)
                return;
            asio::async_write(socket_, asio::buffer(data_, n),
                              [this, self](std::error_code failed, size_t) {
                                  if (!failed)
                                      start();
                              });
        });
    }

  private:
    tcp::socket socket_;
    char data_[4096];
};

static void accept_one(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](std::error_code ec, tcp::socket socket) {
        if (ec)
            return;
        std::make_shared<session>(std::move(socket))->start();
        accept_one(acceptor);
    });
}

int main()
{
    asio::io_context context;
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    accept_one(acceptor);
    std::thread one([&] { context.run(); }), two([&] { context.run(); });

    std::string sent(100000, 'x'), got(sent.size(), '-');
    asio::io_context client_context;
    tcp::socket client(client_context);
    client.connect(acceptor.local_endpoint());
    std::thread writer([&] { asio::write(client, asio::buffer(sent)); });
    asio::read(client, asio::buffer(got));
    writer.join();
    client.close();
    context.stop();
    one.join();
    two.join();
    std::cout << (got == sent ? "same" : "different") << '\n';
    return got != sent;
}
