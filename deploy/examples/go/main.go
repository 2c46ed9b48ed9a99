// Command example checks that a keyservice is healthy, encrypts and decrypts with one of its keys,
// and makes a data key; once, or again and again.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/tls/certprovider"
	"google.golang.org/grpc/credentials/tls/certprovider/pemfile"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/security/advancedtls"
	"google.golang.org/grpc/status"

	keyservice "example/keyservicev1"
)

// What is repeated, and what is not. Calls of CryptoService change nothing, so one that met a service
// that is UNAVAILABLE may be sent again, after a random pause that grows. No other code is repeated:
// the answer would be the same. Calls of KeyService that change keys do not belong here: when their
// answer is lost, the change may have been made.
const serviceConfig = `{
  "methodConfig": [{
    "name": [{"service": "keyservice.v1.CryptoService"}],
    "waitForReady": true,
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
}`

// How long the caller waits for one call, repetitions included.
const deadline = 5 * time.Second

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || len(os.Args) > 3 {
		log.Fatal("usage: example RING/KEY [PAUSE], for example: example app/cards 1s")
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

func run(path string, pause []string) error {
	ring, id, found := strings.Cut(path, "/")
	if !found {
		return fmt.Errorf("%q is not RING/KEY", path)
	}
	connection, err := connect()
	if err != nil {
		return err
	}
	defer connection.Close()
	key := "keyRings/" + ring + "/cryptoKeys/" + id
	if len(pause) == 0 {
		return round(connection, key)
	}
	length, err := time.ParseDuration(pause[0])
	if err != nil {
		return err
	}
	for ; ; time.Sleep(length) {
		if err := round(connection, key); err != nil {
			log.Print(err)
		}
	}
}

func round(connection *grpc.ClientConn, key string) error {
	crypto := keyservice.NewCryptoServiceClient(connection)
	return errors.Join(
		checkHealth(grpc_health_v1.NewHealthClient(connection)),
		encryptAndDecrypt(crypto, key),
		makeDataKey(crypto, key),
	)
}

// connect opens a connection on which both sides prove who they are. The files are read again every
// five seconds. A new certificate, or a new CA, counts from the next connection on, and the service
// ends each connection after a while (30 minutes, unless told otherwise) so that there is one.
func connect() (*grpc.ClientConn, error) {
	files, err := pemfile.NewProvider(pemfile.Options{
		CertFile:        os.Getenv("KEYSERVICE_TLS_CERT_FILE"),
		KeyFile:         os.Getenv("KEYSERVICE_TLS_KEY_FILE"),
		RootFile:        os.Getenv("KEYSERVICE_TLS_CA_FILE"),
		RefreshDuration: 5 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	mutualTLS, err := mutual(files)
	if err != nil {
		return nil, err
	}
	address := os.Getenv("KEYSERVICE_ADDRESS")
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(
		address,
		// advancedtls looks for all of the authority in the server's certificate, and there is no port.
		grpc.WithAuthority(host),
		grpc.WithTransportCredentials(mutualTLS),
		grpc.WithDefaultServiceConfig(serviceConfig))
}

func mutual(files certprovider.Provider) (credentials.TransportCredentials, error) {
	return advancedtls.NewClientCreds(&advancedtls.Options{
		IdentityOptions: advancedtls.IdentityCertificateOptions{IdentityProvider: files},
		RootOptions:     advancedtls.RootCertificateOptions{RootProvider: files},
		MinTLSVersion:   tls.VersionTLS13,
		MaxTLSVersion:   tls.VersionTLS13,
	})
}

func checkHealth(health grpc_health_v1.HealthClient) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	// Health is asked for what it is now, so it is not repeated, but a connection is waited for.
	answer, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return failed("health", err)
	}
	fmt.Println("health:", answer.Status)
	return nil
}

func encryptAndDecrypt(crypto keyservice.CryptoServiceClient, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	plaintext := []byte("attack at dawn")
	// Whoever decrypts has to name the same row: a ciphertext that was moved does not open.
	row := []byte("orders/42")
	sealed, err := crypto.Encrypt(ctx, &keyservice.EncryptRequest{
		Name: key, Plaintext: plaintext, AdditionalAuthenticatedData: row})
	if err != nil {
		return failed("encrypt", err)
	}
	opened, err := crypto.Decrypt(ctx, &keyservice.DecryptRequest{
		Name: key, Ciphertext: sealed.Ciphertext, AdditionalAuthenticatedData: row})
	if err != nil {
		return failed("decrypt", err)
	}
	if !bytes.Equal(opened.Plaintext, plaintext) {
		return errors.New("decrypt: another plaintext came back")
	}
	fmt.Printf("encrypted %d bytes with %s, and decrypted them\n", len(plaintext), sealed.Name)
	return nil
}

func makeDataKey(crypto keyservice.CryptoServiceClient, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	made, err := crypto.GenerateDataKey(ctx, &keyservice.GenerateDataKeyRequest{Name: key})
	if err != nil {
		return failed("data key", err)
	}
	// Encrypt data with the plaintext, erase it, and keep the ciphertext beside the data.
	clear(made.Plaintext)
	fmt.Printf("data key of %d bytes, %d bytes encrypted\n", len(made.Plaintext), len(made.Ciphertext))
	return nil
}

// failed says what was refused by its reason, which is what programs should branch on.
func failed(what string, err error) error {
	answer := status.Convert(err)
	for _, detail := range answer.Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is {
			return fmt.Errorf("%s: %s (%s, %s)", what, answer.Message(), answer.Code(), info.Reason)
		}
	}
	return fmt.Errorf("%s: %s (%s)", what, answer.Message(), answer.Code())
}
