package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.keyservice.v1.BatchDecryptRequest;
import dev.keyservice.v1.BatchDecryptResponse;
import dev.keyservice.v1.BatchEncryptRequest;
import dev.keyservice.v1.BatchEncryptResponse;
import dev.keyservice.v1.BatchReEncryptRequest;
import dev.keyservice.v1.BatchReEncryptResponse;
import dev.keyservice.v1.CryptoServiceGrpc.CryptoServiceBlockingStub;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/// One of the methods for many items, under keys that are chosen.
///
/// @param <I> an item of its request
/// @param <R> the result of an item
/// @param prototype of an item
/// @param size how many bytes of an item the service counts
/// @param failed whether a result is an error
/// @param call sends items and returns as many results
record BatchMethod<I extends Message, R extends Message>(
    I prototype,
    ToIntFunction<I> size,
    Predicate<R> failed,
    BiFunction<CryptoServiceBlockingStub, List<I>, List<R>> call) {

  /// Of each ciphertext the service does not count so many bytes.
  private static final int FREE_BYTES = 64;

  /// @param key or one of its versions
  static BatchMethod<BatchEncryptRequest.Item, BatchEncryptResponse.Result> encrypt(KeyPath key) {
    var request = BatchEncryptRequest.newBuilder().setName(key.resource()).build();
    return new BatchMethod<>(
        BatchEncryptRequest.Item.getDefaultInstance(),
        item -> item.getPlaintext().size() + item.getAdditionalAuthenticatedData().size(),
        BatchEncryptResponse.Result::hasError,
        (service, items) ->
            service.batchEncrypt(request.toBuilder().addAllItems(items).build()).getResultsList());
  }

  static BatchMethod<BatchDecryptRequest.Item, BatchDecryptResponse.Result> decrypt(KeyPath key) {
    var request = BatchDecryptRequest.newBuilder().setName(key.keyOnly().resource()).build();
    return new BatchMethod<>(
        BatchDecryptRequest.Item.getDefaultInstance(),
        item -> counted(item.getCiphertext()) + item.getAdditionalAuthenticatedData().size(),
        BatchDecryptResponse.Result::hasError,
        (service, items) ->
            service.batchDecrypt(request.toBuilder().addAllItems(items).build()).getResultsList());
  }

  /// @param to a key or one of its versions
  static BatchMethod<BatchReEncryptRequest.Item, BatchReEncryptResponse.Result> reEncrypt(
      KeyPath from, KeyPath to) {
    var request =
        BatchReEncryptRequest.newBuilder()
            .setSourceName(from.keyOnly().resource())
            .setDestinationName(to.resource())
            .build();
    return new BatchMethod<>(
        BatchReEncryptRequest.Item.getDefaultInstance(),
        item ->
            counted(item.getCiphertext())
                + item.getSourceAdditionalAuthenticatedData().size()
                + item.getDestinationAdditionalAuthenticatedData().size(),
        BatchReEncryptResponse.Result::hasError,
        (service, items) ->
            service
                .batchReEncrypt(request.toBuilder().addAllItems(items).build())
                .getResultsList());
  }

  private static int counted(ByteString ciphertext) {
    return Math.max(0, ciphertext.size() - FREE_BYTES);
  }

  /// Reads an item from its proto3 JSON.
  ///
  /// @throws UsageError naming the line when it is none, or has a field that items do not have
  @SuppressWarnings("unchecked") // a builder builds what it was made of
  I item(ItemLines.Line line) {
    var builder = prototype.newBuilderForType();
    try {
      if (!line.text().startsWith("{")) {
        throw new InvalidProtocolBufferException("each line must be a JSON object");
      }
      JsonFormat.parser().merge(line.text(), builder);
      return (I) builder.build();
    } catch (InvalidProtocolBufferException e) {
      throw new UsageError("line " + line.number() + " is no item: " + e.getMessage());
    }
  }
}
