// UDP request and response on standalone Asio (epoll): one socket in one io_context that THREADS
// threads run; a number of receives wait at it, each answers its sender and receives again.
//
//   asio_udp THREADS SIZE
#include <asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <thread>
#include <vector>

using asio::ip::udp;

enum { WAITING = 16 };

static void require(std::error_code error, const char *what)
{
    if (!error)
        return;
    std::fprintf(stderr, "asio_udp: %s: %s\n", what, error.message().c_str());
    std::exit(1);
}

struct exchange {
    exchange(udp::socket &s, std::size_t size) : socket(s), data(size)
    {
        receive();
    }

    void receive()
    {
        socket.async_receive_from(asio::buffer(data), peer,
                                  [this](std::error_code error, std::size_t got) {
                                      require(error, "receive");
                                      answer(got);
                                  });
    }

    void answer(std::size_t size)
    {
        socket.async_send_to(asio::buffer(data.data(), size), peer,
                             [this](std::error_code error, std::size_t) {
                                 require(error, "send");
                                 receive();
                             });
    }

    udp::socket &socket;
    udp::endpoint peer;
    std::vector<char> data;
};

int main(int argc, char **argv)
{
    int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    std::size_t size = argc > 2 ? std::size_t(std::atoi(argv[2])) : 64;
    asio::io_context context(threads);
    udp::socket socket(context, udp::endpoint(asio::ip::address_v4::loopback(), 0));
    std::list<exchange> exchanges;
    for (int i = 0; i < WAITING; i++)
        exchanges.emplace_back(socket, size);
    std::printf("port %d\n", socket.local_endpoint().port());
    std::fflush(stdout);
    std::vector<std::thread> others;
    while (threads-- > 1)
        others.emplace_back([&context] { context.run(); });
    context.run();
}
