// TCP echo on standalone Asio (epoll): one io_context that THREADS threads run, a session object a
// connection with its own buffer: async_read_some, async_write, again. SIZE 0: connections are
// closed as soon as they are accepted.
//
//   asio_echo THREADS SIZE
#include <asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

using asio::ip::tcp;

static std::size_t data_size;

struct session : std::enable_shared_from_this<session> {
    explicit session(tcp::socket s) : socket(std::move(s)), data(data_size)
    {
    }

    void receive()
    {
        socket.async_read_some(asio::buffer(data),
                               [self = shared_from_this()](std::error_code error, std::size_t got) {
                                   if (!error)
                                       self->reply(got);
                               });
    }

    void reply(std::size_t size)
    {
        asio::async_write(socket, asio::buffer(data.data(), size),
                          [self = shared_from_this()](std::error_code error, std::size_t) {
                              if (!error)
                                  self->receive();
                          });
    }

    tcp::socket socket;
    std::vector<char> data;
};

static void accept_next(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket socket) {
        if (error) {
            std::fprintf(stderr, "asio_echo: accept: %s\n", error.message().c_str());
            std::exit(1);
        }
        if (data_size != 0) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<session>(std::move(socket))->receive();
        }
        accept_next(acceptor);
    });
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    data_size = argc > 2 ? std::size_t(std::atoi(argv[2])) : 64;
    asio::io_context context(threads);
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor.listen(4096);
    accept_next(acceptor);
    std::printf("port %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    std::vector<std::thread> others;
    while (threads-- > 1)
        others.emplace_back([&context] { context.run(); });
    context.run();
}
