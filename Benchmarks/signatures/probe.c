// What signatures cost an agent that has libmosquitto loaded: memory before and after the first verification, and the
// time of one. See docs/decisions/0011-libsodium.md.
//
//     cc -O2 probe.c -o probe-evp -lmosquitto -lssl -lcrypto
//     cc -O2 -DSODIUM probe.c -o probe-sodium -lmosquitto -lssl -lcrypto -lsodium
//     ./probe-evp; ./probe-evp tls; ./probe-sodium; ./probe-sodium tls
#define _GNU_SOURCE
#include <mosquitto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef SODIUM
#include <sodium.h>
#endif

static unsigned char seed[32], public_key[32], signature[64], message[512];

static void memory(const char *when)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    long rss = 0, pss = 0, dirty = 0;
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "Rss: %ld", &rss);
        sscanf(line, "Pss: %ld", &pss);
        sscanf(line, "Private_Dirty: %ld", &dirty);
    }
    if (file) fclose(file);
    printf("%-8s RSS %5ld kB, PSS %5ld kB, private dirty %5ld kB\n", when, rss, pss, dirty);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#ifdef SODIUM
static unsigned char secret_key[64];

static void prepare(void)
{
    if (sodium_init() < 0) exit(1);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
}

static void sign(void) { crypto_sign_detached(signature, NULL, message, sizeof message, secret_key); }

static int verify(void) { return crypto_sign_verify_detached(signature, message, sizeof message, public_key) == 0; }
#else
static EVP_PKEY *secret_key, *key;

static void prepare(void)
{
    size_t size = sizeof public_key;
    secret_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    EVP_PKEY_get_raw_public_key(secret_key, public_key, &size);
    key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, size);
}

static void sign(void)
{
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, NULL, NULL, secret_key);
    EVP_DigestSign(context, signature, &size, message, sizeof message);
    EVP_MD_CTX_free(context);
}

static int verify(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, NULL, NULL, NULL, key);
    int result = EVP_DigestVerify(context, signature, sizeof signature, message, sizeof message);
    EVP_MD_CTX_free(context);
    return result == 1;
}
#endif

int main(int count, char **arguments)
{
    (void)arguments;
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("probe", true, NULL);
    if (count > 1) {
        SSL_CTX *context = SSL_CTX_new(TLS_method());
        SSL_CTX_set_default_verify_paths(context);
        if (!SSL_new(context)) return 1;
    }
    memory("before");
    prepare();
    sign();
    if (!verify()) return 1;
    memory("after");
    enum { rounds = 5000 };
    double start = now();
    for (int round = 0; round < rounds; round++) verify();
    double middle = now();
    for (int round = 0; round < rounds; round++) sign();
    double end = now();
    printf("verify %.0f us, sign %.0f us\n", (middle - start) / rounds * 1e6, (end - middle) / rounds * 1e6);
    mosquitto_destroy(client);
    return 0;
}
