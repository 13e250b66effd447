import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;

/** A server whose TLS is BoringSSL, from netty-tcnative: PORT CERTIFICATE KEY. It answers with the size of the body. */
public class Server {
  public static void main(String[] args) throws Exception {
    SslContext tls = SslContextBuilder.forServer(new File(args[1]), new File(args[2])).sslProvider(SslProvider.OPENSSL).build();
    new ServerBootstrap()
        .group(new NioEventLoopGroup(2))
        .channel(NioServerSocketChannel.class)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc()), new HttpServerCodec(), new HttpObjectAggregator(1 << 22), new Answer());
          }
        })
        .bind("127.0.0.1", Integer.parseInt(args[0]))
        .sync();
  }

  private static class Answer extends SimpleChannelInboundHandler<FullHttpRequest> {
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      byte[] body = String.valueOf(request.content().readableBytes()).getBytes();
      DefaultFullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(body));
      response.headers().set("content-length", body.length);
      context.writeAndFlush(response);
    }
  }
}
