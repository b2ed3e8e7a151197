//! What stands in our signatures, as the `openssl` command prints it.

use certpost::letter::certificate_entity;
use certpost::smime::throwaway::KeyKind;
use certpost::smime::{SealProfile, SignatureAlgorithm, SignedForm, sign};

use crate::smime_world::{Bench, P256, P384, XML, at, facts, identity, issue, profile};

/// The signature of a profile, printed, and asn1parse's view of it.
fn printed(
    signature: SignatureAlgorithm,
    key: KeyKind,
    form: SignedForm,
) -> Option<(String, String)> {
    let bench = Bench::new()?;
    let signer = identity(&issue(|wanted| wanted.key = key));
    let profile = SealProfile { signature, form, ..profile() };
    let entity = certificate_entity(&facts(), XML);
    let signed = sign(&entity, &signer, &profile, at()).unwrap();
    bench.write("signed", signed.signed());
    let text = |command: &str| String::from_utf8(bench.openssl(command)).unwrap();
    text("cms -cmsout -in signed -outform DER -out der");
    // signingCertificateV2 names this very signer.
    text("cms -verify -cades -in signed -CAfile ca.pem -purpose smimesign -out verified");
    let print = text("cms -cmsout -print -noout -in signed");
    let parsed = text("asn1parse -inform DER -in der");
    if form == SignedForm::Detached {
        let header = String::from_utf8_lossy(signed.signed());
        let micalg = format!("micalg={};", signature.digest());
        assert!(header.starts_with("Content-Type: multipart/signed;"), "{header}");
        assert!(header.contains(&micalg), "{micalg}: {header}");
    }
    Some((print, parsed))
}

/// One line for each line of a print, without its indentation.
fn squeezed(print: &str) -> String {
    print.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn signed_attributes_and_algorithms() {
    use SignatureAlgorithm::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
    for (signature, key, digest, algorithm) in [
        (RsaPkcs1Sha256, KeyKind::Rsa2048, "sha256", "algorithm: rsaEncryption"),
        (RsaPssSha256, KeyKind::Rsa2048, "sha256", "algorithm: rsassaPss"),
        (EcdsaP256Sha256, P256, "sha256", "algorithm: ecdsa-with-SHA256"),
        (EcdsaP384Sha384, P384, "sha384", "algorithm: ecdsa-with-SHA384"),
    ] {
        for form in [SignedForm::Opaque, SignedForm::Detached] {
            let Some((print, parsed)) = printed(signature, key, form) else { return };
            let print = squeezed(&print);
            let told = format!("{signature} {form}: {print}");
            // The same digest in the list for one-pass readers and by the signer.
            let lists = print.matches("digestAlgorithm").count();
            let right = format!("algorithm: {digest} (");
            assert_eq!(lists, 2, "{told}");
            for list in print.split("digestAlgorithm").skip(1) {
                assert!(list.split_once("\n").unwrap().1.starts_with(&right), "{told}");
            }
            let algorithms = print.rsplit("signatureAlgorithm:").next().unwrap();
            assert!(algorithms.trim_start().starts_with(algorithm), "{told}");
            if signature == RsaPssSha256 {
                // hashAlgorithm, MGF1 with the same, a salt of 32, each said.
                let pss = "OBJECT            :rsassaPss\n";
                let of_signer = parsed.rsplit(pss).next().unwrap();
                let words = of_signer.lines().take(14).collect::<Vec<_>>().join("\n");
                assert_eq!(words.matches(":sha256").count(), 2, "{words}");
                assert!(
                    words.contains(":mgf1") && words.contains("INTEGER           :20"),
                    "{words}"
                );
            }
            let attributes: Vec<&str> = print
                .split("signedAttrs:")
                .nth(1)
                .unwrap()
                .split("signatureAlgorithm:")
                .next()
                .unwrap()
                .lines()
                .filter_map(|line| line.strip_prefix("object: "))
                .filter_map(|line| line.split(" (").next())
                .collect();
            let mut sorted = attributes.clone();
            sorted.sort_unstable();
            assert_eq!(
                sorted,
                [
                    "S/MIME Capabilities",
                    "contentType",
                    "id-smime-aa-signingCertificateV2",
                    "messageDigest",
                    "signingTime"
                ],
                "{told}"
            );
            // Best first, and nothing but AES.
            let offered: Vec<&str> = parsed
                .rsplit("S/MIME Capabilities")
                .next()
                .unwrap()
                .lines()
                .filter_map(|line| line.split_once("OBJECT            :").map(|(_, name)| name))
                .take_while(|name| name.starts_with("aes") || name.starts_with("id-aes"))
                .collect();
            assert_eq!(offered, ["aes-256-gcm", "aes-128-gcm", "aes-256-cbc"], "{parsed}");
        }
    }
}
