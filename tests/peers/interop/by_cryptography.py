#!/usr/bin/env python3
"""Python's `cryptography`, as a peer of the interop table.

It opens and makes by itself, but verifies nothing: what a signature is over is
read with asn1crypto, and judged with cryptography's keys.
"""

import inspect
from pathlib import Path

from cells import Cannot, Cell, answer, joined, parted, refuse_unless_offered, unwrapped, wrapped

try:
    import cryptography
    from asn1crypto import cms
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.ciphers import algorithms
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
except ImportError:
    cryptography = None


def version():
    return cryptography and cryptography.__version__


def x509_of(name: str):
    return x509.load_pem_x509_certificate(Path(f"{name}.pem").read_bytes())


def key_of(name: str):
    return load_pem_private_key(Path(f"{name}.key").read_bytes(), None)


def opens(cell: Cell, letter: bytes) -> bytes:
    try:
        middle = pkcs7.pkcs7_decrypt_der(unwrapped(letter), x509_of(cell.key), key_of(cell.key),
                                         [])
    except (TypeError, ValueError, UnsupportedAlgorithm) as fault:
        raise Cannot(str(fault)) from fault
    return verified(*parted(middle))


def verified(content, der: bytes) -> bytes:
    """The content, if its one signer is of our authority and signed it."""
    signed = cms.ContentInfo.load(der)["content"]
    if content is None:
        content = signed["encap_content_info"]["content"].native
    [signer] = signed["signer_infos"]
    certificates = [x509.load_der_x509_certificate(one.dump()) for one in signed["certificates"]]
    [of_signer] = [one for one in certificates
                   if one.serial_number == signer["sid"].chosen["serial_number"].native]
    of_signer.verify_directly_issued_by(x509_of("ca"))
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    digest = getattr(hashes, signer["digest_algorithm"]["algorithm"].native.upper())()
    digester = hashes.Hash(digest)
    digester.update(content)
    if attributes["message_digest"][0].native != digester.finalize():
        raise Cannot("the digest is of other octets")
    # What is signed is the SET (RFC 5652, section 5.4).
    octets = signer["signed_attrs"].untag().dump(force=True)
    key, signature = of_signer.public_key(), signer["signature"].native
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(digest))
        elif signer["signature_algorithm"]["algorithm"].native == "rsassa_pss":
            salt = signer["signature_algorithm"]["parameters"]["salt_length"].native
            key.verify(signature, octets, padding.PSS(padding.MGF1(digest), salt), digest)
        else:
            key.verify(signature, octets, padding.PKCS1v15(), digest)
    except InvalidSignature as fault:
        raise Cannot("the signature is not good") from fault
    return content


def seals(cell: Cell, entity: bytes) -> bytes:
    options = [pkcs7.PKCS7Options.Binary]
    if cell.form == "detached":
        options.append(pkcs7.PKCS7Options.DetachedSignature)
    digest = getattr(hashes, cell.digest.upper())()
    pss = padding.PSS(padding.MGF1(digest), 32) if "pss" in cell.signature else None
    ciphers = {"aes-128-cbc": algorithms.AES128, "aes-256-cbc": algorithms.AES256,
               "aes-256-gcm": AESGCM}
    try:
        der = (pkcs7.PKCS7SignatureBuilder().set_data(entity)
               .add_signer(x509_of(cell.signer), key_of(cell.signer), digest, rsa_padding=pss)
               .sign(Encoding.DER, options))
        middle = (wrapped("signed-data", der) if cell.form == "opaque"
                  else joined(entity, der, cell.digest))
        sealer = (pkcs7.PKCS7EnvelopeBuilder().set_data(middle)
                  .add_recipient(x509_of(cell.key))
                  .set_content_encryption_algorithm(ciphers[cell.content]))
        if cell.key_transport == "oaep-sha256":
            refuse_unless_offered(cell, inspect.getsource(pkcs7.PKCS7EnvelopeBuilder)
                                  )
        sealed = sealer.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    except (TypeError, ValueError, UnsupportedAlgorithm) as fault:
        raise Cannot(str(fault)) from fault
    return wrapped("enveloped-data", sealed)


answer(version, opens, seals)
