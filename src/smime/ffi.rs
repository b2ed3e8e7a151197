//! The only unsafe code: what OpenSSL's CMS can do and the `openssl` crate
//! does not offer. Octets and references in, octets or an error stack out.
//!
//! `tests/ffi.rs` compiles this file by itself and goes every way through it,
//! under valgrind too: nothing of ours is imported here.
#![allow(unsafe_code)]

use std::ffi::{CString, c_int, c_uint, c_void};
use std::ptr;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::cms::CmsContentInfo;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::md::{Md, MdRef};
use openssl::pkey::{PKeyRef, Private};
use openssl::pkey_ctx::PkeyCtxRef;
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;
use openssl::symm::Cipher;
use openssl::x509::verify::X509VerifyParamRef;
use openssl::x509::{X509, X509CrlRef, X509Ref, X509StoreContextRef, X509VerifyResult};
use openssl_sys as sys;

/// Opaque to us, as in `openssl/cms.h`.
enum SignerInfo {}
/// Opaque to us, as in `openssl/cms.h`.
enum RecipientInfo {}

const CMS_CADES: c_uint = 0x10_0000;
const CMS_RECIPINFO_TRANS: c_int = 0;

// `openssl/cms.h` of OpenSSL 3.0; what openssl-sys does not declare.
unsafe extern "C" {
    fn CMS_add1_signer(
        cms: *mut sys::CMS_ContentInfo,
        signer: *mut sys::X509,
        key: *mut sys::EVP_PKEY,
        digest: *const sys::EVP_MD,
        flags: c_uint,
    ) -> *mut SignerInfo;
    fn CMS_add1_cert(cms: *mut sys::CMS_ContentInfo, x509: *mut sys::X509) -> c_int;
    fn CMS_signed_add1_attr_by_NID(
        signer: *mut SignerInfo,
        nid: c_int,
        asn1_type: c_int,
        octets: *const c_void,
        length: c_int,
    ) -> c_int;
    fn CMS_SignerInfo_get0_pkey_ctx(signer: *mut SignerInfo) -> *mut sys::EVP_PKEY_CTX;
    fn CMS_final(
        cms: *mut sys::CMS_ContentInfo,
        content: *mut sys::BIO,
        detached: *mut sys::BIO,
        flags: c_uint,
    ) -> c_int;
    fn CMS_set_detached(cms: *mut sys::CMS_ContentInfo, detached: c_int) -> c_int;
    fn CMS_EnvelopedData_create(cipher: *const sys::EVP_CIPHER) -> *mut sys::CMS_ContentInfo;
    fn CMS_AuthEnvelopedData_create(cipher: *const sys::EVP_CIPHER) -> *mut sys::CMS_ContentInfo;
    fn CMS_add1_recipient_cert(
        cms: *mut sys::CMS_ContentInfo,
        recipient: *mut sys::X509,
        flags: c_uint,
    ) -> *mut RecipientInfo;
    fn CMS_RecipientInfo_type(recipient: *mut RecipientInfo) -> c_int;
    fn CMS_RecipientInfo_get0_pkey_ctx(recipient: *mut RecipientInfo) -> *mut sys::EVP_PKEY_CTX;
    // `openssl/ec.h`.
    fn EVP_PKEY_CTX_set_ecdh_kdf_md(
        context: *mut sys::EVP_PKEY_CTX,
        digest: *const sys::EVP_MD,
    ) -> c_int;
}

// `openssl/x509_vfy.h` of OpenSSL 3.0, likewise.
unsafe extern "C" {
    fn X509_STORE_CTX_set0_crls(
        context: *mut sys::X509_STORE_CTX,
        crls: *mut sys::stack_st_X509_CRL,
    );
    fn X509_VERIFY_PARAM_add0_policy(
        param: *mut sys::X509_VERIFY_PARAM,
        policy: *mut sys::ASN1_OBJECT,
    ) -> c_int;
    fn X509_STORE_CTX_set_ex_data(
        context: *mut sys::X509_STORE_CTX,
        index: c_int,
        value: *mut c_void,
    ) -> c_int;
    fn X509_STORE_CTX_set_verify_cb(
        context: *mut sys::X509_STORE_CTX,
        callback: extern "C" fn(c_int, *mut sys::X509_STORE_CTX) -> c_int,
    );
    fn X509_STORE_CTX_get0_parent_ctx(
        context: *mut sys::X509_STORE_CTX,
    ) -> *mut sys::X509_STORE_CTX;
    fn X509_STORE_CTX_get0_current_crl(context: *mut sys::X509_STORE_CTX) -> *mut sys::X509_CRL;
}

//------------ Signing -------------------------------------------------------

/// One signed attribute: its NID, the ASN.1 type of its value, the value's
/// content octets (for a SEQUENCE: the whole DER).
pub(super) struct Attribute<'a> {
    pub nid: c_int,
    pub asn1_type: c_int,
    pub octets: &'a [u8],
}

/// The padding of an RSA signature.
#[derive(Clone, Copy)]
pub(super) enum SignPadding {
    /// What the key does by itself: PKCS#1 v1.5, or ECDSA.
    KeyDefault,
    /// PSS with MGF1 of the same digest, and a salt of the digest's length.
    Pss,
}

/// Whether the signed content stands in the structure.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Detached,
    Inside,
}

/// SignedData by one signer over `content`, as DER, with `attributes` beside
/// content-type, message-digest and signingCertificateV2.
pub(super) fn sign(
    signer: (&X509Ref, &PKeyRef<Private>),
    chain: &[X509],
    digest: MessageDigest,
    padding: SignPadding,
    form: Content,
    content: &[u8],
    attributes: &[Attribute<'_>],
) -> Result<Vec<u8>, ErrorStack> {
    let detached = match form {
        Content::Detached => sys::CMS_DETACHED,
        Content::Inside => 0,
    };
    let key_param = match padding {
        SignPadding::KeyDefault => 0,
        SignPadding::Pss => sys::CMS_KEY_PARAM,
    };
    // SAFETY: CMS_sign with CMS_PARTIAL reads none of its null arguments and
    // gives a new structure or null; `from_ptr` becomes its only owner.
    let cms = unsafe {
        let flags = sys::CMS_PARTIAL | sys::CMS_BINARY | detached;
        CmsContentInfo::from_ptr(some(sys::CMS_sign(
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            flags,
        ))?)
    };
    // SAFETY: all pointers come from live references. CMS_add1_signer counts
    // its own references to certificate and key. The signer it returns belongs
    // to `cms` and is used only while `cms` lives; the same goes for the key
    // context, which is there because of CMS_KEY_PARAM.
    unsafe {
        let flags = sys::CMS_BINARY | sys::CMS_NOSMIMECAP | CMS_CADES | key_param;
        let info = some(CMS_add1_signer(
            cms.as_ptr(),
            signer.0.as_ptr(),
            signer.1.as_ptr(),
            digest.as_ptr(),
            flags,
        ))?;
        if let SignPadding::Pss = padding {
            let context =
                PkeyCtxRef::<Private>::from_ptr_mut(some(CMS_SignerInfo_get0_pkey_ctx(info))?);
            context.set_rsa_padding(Padding::PKCS1_PSS)?;
            context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        for attribute in attributes {
            // With a length that is not -1 the octets are copied.
            let length = length_of(attribute.octets)?;
            good(CMS_signed_add1_attr_by_NID(
                info,
                attribute.nid,
                attribute.asn1_type,
                attribute.octets.as_ptr().cast(),
                length,
            ))?;
        }
        for x509 in chain {
            good(CMS_add1_cert(cms.as_ptr(), x509.as_ptr()))?;
        }
    }
    finish(&cms, content, sys::CMS_BINARY | detached)?;
    cms.to_der()
}

//------------ Sealing -------------------------------------------------------

/// How the content key reaches a recipient.
#[derive(Clone, Copy)]
pub(super) enum Transport {
    /// To an elliptic-curve key: ephemeral ECDH, the X9.63 KDF with SHA-256,
    /// AES wrap of the content key's size (RFC 5753, section 3.1.1).
    Ecdh,
    /// OAEP with SHA-256 for both of its digests, empty label (RFC 8017).
    Oaep,
    Pkcs1,
}

/// Which structure holds the ciphertext.
#[derive(Clone, Copy)]
pub(super) enum Envelope {
    /// AuthEnvelopedData (RFC 5083), for an AEAD cipher.
    Authenticated,
    /// EnvelopedData (RFC 5652, section 6).
    Plain,
}

/// `content` encrypted to every recipient, as DER.
pub(super) fn seal<'a>(
    recipients: impl Iterator<Item = (&'a X509Ref, Transport)>,
    cipher: Cipher,
    envelope: Envelope,
    content: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    // SAFETY: `cipher` points to a static of OpenSSL; the new structure is
    // owned by `cms` alone.
    let cms = unsafe {
        CmsContentInfo::from_ptr(some(match envelope {
            Envelope::Authenticated => CMS_AuthEnvelopedData_create(cipher.as_ptr()),
            Envelope::Plain => CMS_EnvelopedData_create(cipher.as_ptr()),
        })?)
    };
    // SAFETY: `cms` is live and ours. Not detached: room for the ciphertext.
    unsafe { good(CMS_set_detached(cms.as_ptr(), 0))? };
    for (x509, transport) in recipients {
        let key_param = match transport {
            Transport::Ecdh | Transport::Oaep => sys::CMS_KEY_PARAM,
            Transport::Pkcs1 => 0,
        };
        // SAFETY: `x509` is live, and CMS_add1_recipient_cert counts its own
        // reference. The recipient and its key context belong to `cms` and are
        // used only here; the context is there because of CMS_KEY_PARAM. The
        // digests are statics of OpenSSL.
        unsafe {
            let flags = sys::CMS_BINARY | key_param;
            let info = some(CMS_add1_recipient_cert(cms.as_ptr(), x509.as_ptr(), flags))?;
            match transport {
                Transport::Ecdh => {
                    let context = some(CMS_RecipientInfo_get0_pkey_ctx(info))?;
                    good(EVP_PKEY_CTX_set_ecdh_kdf_md(context, MessageDigest::sha256().as_ptr()))?;
                }
                Transport::Oaep => {
                    let context = PkeyCtxRef::<Private>::from_ptr_mut(some(
                        CMS_RecipientInfo_get0_pkey_ctx(info),
                    )?);
                    let digest: &MdRef = Md::sha256();
                    context.set_rsa_padding(Padding::PKCS1_OAEP)?;
                    context.set_rsa_oaep_md(digest)?;
                    context.set_rsa_mgf1_md(digest)?;
                }
                // With a curve's key the library would agree by SHA-1, unasked.
                Transport::Pkcs1 if CMS_RecipientInfo_type(info) != CMS_RECIPINFO_TRANS => {
                    return Err(ErrorStack::get());
                }
                Transport::Pkcs1 => {}
            }
        }
    }
    finish(&cms, content, sys::CMS_BINARY)?;
    cms.to_der()
}

//------------ Paths ---------------------------------------------------------

/// Adds a policy, dotted, to the user-initial-policy-set (RFC 5280, section
/// 6.1.1).
pub(super) fn add_policy(param: &mut X509VerifyParamRef, dotted: &str) -> Result<(), ErrorStack> {
    let Ok(dotted) = CString::new(dotted) else { return Err(ErrorStack::get()) };
    // SAFETY: `dotted` ends with NUL and outlives the call. The new object is
    // ours until the param takes it; only where it does not is it freed here.
    unsafe {
        let policy = some(sys::OBJ_txt2obj(dotted.as_ptr(), 1))?;
        let taken = X509_VERIFY_PARAM_add0_policy(param.as_ptr(), policy);
        if taken <= 0 {
            sys::ASN1_OBJECT_free(policy);
        }
        good(taken)
    }
}

/// What OpenSSL holds against a path, and about what.
pub(super) struct Objection<'a> {
    pub code: X509VerifyResult,
    pub x509: Option<&'a X509Ref>,
    pub crl: Option<&'a X509CrlRef>,
    /// It is about the signer's own certificate, not one above it.
    pub of_signer: bool,
}

type Waived<'a> = dyn FnMut(&Objection<'_>) -> bool + 'a;

/// Verifies the path of an initialised `context` with these lists of what
/// authorities revoked; an objection that `waived` waives is none. Whether
/// nothing else stands against it.
pub(super) fn verify_path(
    context: &mut X509StoreContextRef,
    crls: &[&X509CrlRef],
    waived: &mut Waived<'_>,
) -> Result<bool, ErrorStack> {
    let mut waived: &mut Waived<'_> = waived;
    let pointer: *mut &mut Waived<'_> = &raw mut waived;
    // SAFETY: `context` is live. The stack is freed on every way out, by
    // itself: what is pushed on it stays the caller's and outlives the call,
    // and the context, which does not own it (set0), no longer knows it then.
    // Index 0 is the application's own (OpenSSL gives it to nobody); it holds
    // a pointer to a local of this function, and is cleared before the local
    // goes. OpenSSL calls `object` only within this verification, on this
    // thread, and changes nothing in a list but its count of references.
    unsafe {
        let stack = some(sys::OPENSSL_sk_new_null())?;
        let pushed = crls.iter().all(|crl| sys::OPENSSL_sk_push(stack, crl.as_ptr().cast()) > 0);
        let given = X509_STORE_CTX_set_ex_data(context.as_ptr(), 0, pointer.cast()) > 0;
        X509_STORE_CTX_set_verify_cb(context.as_ptr(), object);
        X509_STORE_CTX_set0_crls(context.as_ptr(), stack.cast());
        let verified = if pushed && given { context.verify_cert() } else { Err(ErrorStack::get()) };
        X509_STORE_CTX_set0_crls(context.as_ptr(), ptr::null_mut());
        let cleared = X509_STORE_CTX_set_ex_data(context.as_ptr(), 0, ptr::null_mut());
        sys::OPENSSL_sk_free(stack);
        good(cleared)?;
        verified
    }
}

/// OpenSSL's question whether to go on. It panics nowhere: a closure that
/// does would end the program (`extern "C"`).
extern "C" fn object(good: c_int, context: *mut sys::X509_STORE_CTX) -> c_int {
    if good != 0 {
        return good;
    }
    // SAFETY: `context` is the one that OpenSSL verifies now, live for this
    // call. A list's own issuer is verified in a context below another, which
    // alone holds our pointer: that is why the parents are followed. The
    // pointer is what `verify_path` put there, and nothing else uses what it
    // points to meanwhile. Certificate and list belong to the context, and the
    // references end with this call.
    unsafe {
        let mut outermost = context;
        let mut nested = false;
        loop {
            let parent = X509_STORE_CTX_get0_parent_ctx(outermost);
            if parent.is_null() {
                break;
            }
            (outermost, nested) = (parent, true);
        }
        let pointer: *mut &mut Waived<'_> = sys::X509_STORE_CTX_get_ex_data(outermost, 0).cast();
        let Some(waived) = pointer.as_mut() else { return good };
        let (x509, crl) = (
            sys::X509_STORE_CTX_get_current_cert(context),
            X509_STORE_CTX_get0_current_crl(context),
        );
        let objection = Objection {
            code: X509StoreContextRef::from_ptr(context).error(),
            x509: (!x509.is_null()).then(|| X509Ref::from_ptr(x509)),
            crl: (!crl.is_null()).then(|| X509CrlRef::from_ptr(crl)),
            of_signer: !nested && sys::X509_STORE_CTX_get_error_depth(context) == 0,
        };
        c_int::from(waived(&objection))
    }
}

//------------ Shared --------------------------------------------------------

/// Runs `content` through `cms`: digests and signs it, or encrypts it.
fn finish(cms: &CmsContentInfo, content: &[u8], flags: c_uint) -> Result<(), ErrorStack> {
    let length = length_of(content)?;
    // SAFETY: the BIO reads `content`, which outlives it, and never writes to
    // it; it is freed once, on every way out. CMS_final keeps no pointer to it.
    unsafe {
        let bio = some(sys::BIO_new_mem_buf(content.as_ptr().cast(), length))?;
        let done = CMS_final(cms.as_ptr(), bio, ptr::null_mut(), flags);
        sys::BIO_free_all(bio);
        good(done)
    }
}

fn some<T>(pointer: *mut T) -> Result<*mut T, ErrorStack> {
    if pointer.is_null() { Err(ErrorStack::get()) } else { Ok(pointer) }
}

fn good(returned: c_int) -> Result<(), ErrorStack> {
    if returned > 0 { Ok(()) } else { Err(ErrorStack::get()) }
}

/// A length as C wants it; what is longer than 2 GiB is refused.
fn length_of(octets: &[u8]) -> Result<c_int, ErrorStack> {
    c_int::try_from(octets.len()).map_err(|_longer_than_2_gib| ErrorStack::get())
}
