package dev.keyservice.audit;

import static dev.keyservice.testing.Eventually.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.audit.SickDisk.Work;
import dev.keyservice.call.CallRecord;
import dev.keyservice.rpc.StatusMapping;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import jakarta.enterprise.inject.Instance;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A call that ends in an unusual way, at an unusual moment.
@Timeout(60)
class AuditInterceptorTest {
  @TempDir Path dir;

  private final SickDisk disk = new SickDisk();
  private final AtomicInteger asked = new AtomicInteger();
  private Trail trail;
  private AuditLog log;
  private AuditInterceptor interceptor;

  @BeforeEach
  void open() {
    trail = new Trail(disk.of(dir.resolve("audit")));
    log = trail.open();
    interceptor = new AuditInterceptor(instance(), new StatusMapping());
  }

  @AfterEach
  void close() {
    log.close();
  }

  @SuppressWarnings("unchecked")
  private Instance<AuditLog> instance() {
    return (Instance<AuditLog>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Instance.class},
            (_, method, _) -> {
              assertEquals("get", method.getName());
              return log;
            });
  }

  private ServerCall.Listener<String> call(
      Answers answers, ServerCallHandler<String, String> service) throws Exception {
    return Context.current()
        .withValue(CallRecord.KEY, Trail.call("app"))
        .call(() -> interceptor.interceptCall(answers, new Metadata(), service));
  }

  private long recorded(String... parts) throws Exception {
    return Files.readAllLines(AuditFiles.file(trail.directory, 1)).stream()
        .filter(line -> List.of(parts).stream().allMatch(line::contains))
        .count();
  }

  @Test
  void aStreamThatIsCancelledBeforeItsBeginningIsRecordedDoesNotReachItsService() throws Exception {
    var stalled = new CountDownLatch(1);
    disk.falls((work, _) -> {
      if (work == Work.WRITE) {
        AuditInterceptorTest.join(stalled);
      }
    });
    var answers = new Answers(MethodType.SERVER_STREAMING);

    var listener =
        call(
            answers,
            (_, _) -> {
              asked.incrementAndGet();
              return new ServerCall.Listener<>() {};
            });
    listener.onCancel();
    stalled.countDown();

    await(() -> log.figures().records() == 2);
    assertEquals(1, recorded("\"type\":\"begin\""));
    assertEquals(1, recorded("\"type\":\"end\"", "CANCELLED"));
    assertEquals(0, asked.get());
  }

  private static void join(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aStreamWhoseServiceThrowsAtItsBeginningIsAnsweredAndRecorded() throws Exception {
    var answers = new Answers(MethodType.BIDI_STREAMING);

    var _ =
        call(
            answers,
            (_, _) -> {
              throw new IllegalStateException("bug");
            });

    await(() -> answers.closed.size() == 1);
    assertEquals(1, recorded("\"type\":\"end\"", "INTERNAL"));
  }

  @Test
  void aStreamWhoseServiceThrowsAtWhatItHadMissedIsAnsweredAndRecorded() throws Exception {
    var stalled = new CountDownLatch(1);
    disk.falls((work, _) -> {
      if (work == Work.WRITE) {
        AuditInterceptorTest.join(stalled);
      }
    });
    var answers = new Answers(MethodType.CLIENT_STREAMING);

    var listener = call(answers, (_, _) -> new Throwing());
    listener.onHalfClose();
    stalled.countDown();

    await(() -> answers.closed.size() == 1);
    assertEquals(1, recorded("\"type\":\"end\"", "INTERNAL"));
  }

  @Test
  void aCallWhoseServiceThrowsIsAnsweredWhenThatIsRecorded() throws Exception {
    var answers = new Answers(MethodType.UNARY);

    var listener = call(answers, (_, _) -> new Throwing());
    listener.onHalfClose();

    await(() -> answers.closed.size() == 1);
    assertEquals(1, recorded("\"type\":\"call\"", "INTERNAL"));
  }

  @Test
  void theRecordSaysWhatTheCallerIsTold() throws Exception {
    var answers = new Answers(MethodType.UNARY);

    // As the generated code does when there was no message.
    var _ =
        call(
            answers,
            (call, _) -> {
              call.close(Status.INTERNAL.withDescription("Half-closed"), new Metadata());
              return new ServerCall.Listener<>() {};
            });

    await(() -> answers.closed.size() == 1);
    assertEquals(Status.Code.INVALID_ARGUMENT, answers.closed.getFirst().getCode());
    assertEquals(1, recorded("\"code\":\"INVALID_ARGUMENT\",\"reason\":\"MALFORMED_MESSAGE\""));
  }

  private static final class Throwing extends ServerCall.Listener<String> {
    @Override
    public void onHalfClose() {
      throw new IllegalStateException("bug");
    }
  }

  @Test
  void whatIsRefusedIsCounted() throws Exception {
    disk.falls((work, _) -> {
      if (work == Work.WRITE) {
        throw new IOException("No space left on device");
      }
    });
    var _ = assertThrows(Exception.class, () -> Trail.record(log, Trail.call("app")));
    assertEquals(1, log.refused());

    var answers = new Answers(MethodType.UNARY);
    var _ = call(answers, (_, _) -> new Throwing());

    assertEquals(1, answers.closed.size());
    assertEquals(2, log.refused());
    disk.recovers();
  }

  /// What the caller gets.
  private static final class Answers extends ServerCall<String, String> {
    private final List<Status> closed = new CopyOnWriteArrayList<>();
    private final MethodDescriptor<String, String> method;

    Answers(MethodType type) {
      method =
          MethodDescriptor.<String, String>newBuilder()
              .setType(type)
              .setFullMethodName("made.Up/Do")
              .setRequestMarshaller(new Text())
              .setResponseMarshaller(new Text())
              .build();
    }

    @Override
    public void request(int numMessages) {
      // comes from the test
    }

    @Override
    public void sendHeaders(Metadata headers) {
      // of no interest
    }

    @Override
    public void sendMessage(String message) {
      // of no interest
    }

    @Override
    public void close(Status status, Metadata trailers) {
      closed.add(status);
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<String, String> getMethodDescriptor() {
      return method;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.EMPTY;
    }
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      return "";
    }
  }
}
