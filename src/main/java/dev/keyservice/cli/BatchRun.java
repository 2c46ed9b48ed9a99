package dev.keyservice.cli;

import com.google.protobuf.Message;
import dev.keyservice.client.KeyServiceClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Sends the items of an input in batches as large as the service takes, and hands the results on
/// in their order.
final class BatchRun<I extends Message, R extends Message> {
  private static final int MOST_ITEMS = 512;
  private static final int MOST_BYTES = 1 << 20;

  private final BatchMethod<I, R> method;
  private final ItemLines lines;
  private Optional<I> waiting = Optional.empty();

  BatchRun(BatchMethod<I, R> method, ItemLines lines) {
    this.method = method;
    this.lines = lines;
  }

  /// Who takes the results.
  @FunctionalInterface
  interface Results {
    /// Takes those of one batch.
    ///
    /// @param json each in proto3 JSON on one line, without a newline
    /// @param failed how many of them are errors
    void take(List<String> json, int failed);
  }

  /// Goes on until the input ends. What was handed on stays so when it fails.
  void run(KeyServiceClient client, Results results) {
    for (var batch = next(); !batch.isEmpty(); batch = next()) {
      var answers = method.call().apply(client.crypto(), batch);
      var failed = (int) answers.stream().filter(method.failed()).count();
      results.take(answers.stream().map(Output::jsonLine).toList(), failed);
    }
  }

  private List<I> next() {
    var batch = new ArrayList<I>();
    var bytes = 0;
    while (batch.size() < MOST_ITEMS) {
      var item = waiting.or(this::read);
      waiting = Optional.empty();
      if (item.isEmpty()) {
        return batch;
      }
      bytes += method.size().applyAsInt(item.get());
      if (bytes > MOST_BYTES && !batch.isEmpty()) {
        waiting = item;
        return batch;
      }
      batch.add(item.get());
    }
    return batch;
  }

  private Optional<I> read() {
    return lines.next().map(method::item);
  }
}
