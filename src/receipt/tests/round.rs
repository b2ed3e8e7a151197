//! What we compose, we take.

use super::*;
use crate::delivery::{Trigger, decide};
use crate::smime::throwaway::{KeyKind, Wanted};
use crate::smime::{SignatureAlgorithm, SignedForm};

fn form_of(form: Form) -> ReceiptForm {
    match form {
        Form::InClear => ReceiptForm::MdnSigned,
        Form::Sealed => ReceiptForm::Mdn,
    }
}

#[track_caller]
fn check(facts: &MdnFacts, profile: &SealProfile) -> Judgement {
    let made = receipt_letter(facts, &keys().hm.0, profile).unwrap();
    judged(&made.letter, form_of(facts.owed.form), State::HandedOver)
}

#[test]
fn both_forms_are_taken() {
    for signed in [SignedForm::Opaque, SignedForm::Detached] {
        for form in [Form::InClear, Form::Sealed] {
            let profile = SealProfile { form: signed, ..profile() };
            let judgement = check(&in_form(facts(), form), &profile);
            let Judgement::Positive(receipt) = &judgement else { panic!("{judgement:?}") };
            assert_eq!(receipt.partner.as_str(), "HM");
            assert_eq!(receipt.mic.as_ref(), Some(&facts().owed.mic));
            assert_eq!(receipt.signed_at, Some(at()));
            assert_eq!(judgement.trigger(), Some(Trigger::Received));
            assert!(!judgement.alarms() && !judgement.suspends());
        }
    }
}

#[test]
fn sealed_ones_are_taken_of_everybody() {
    let made = receipt_letter(&in_form(facts(), Form::Sealed), &keys().hm.0, &profile()).unwrap();
    for form in [ReceiptForm::Mdn, ReceiptForm::MdnSigned, ReceiptForm::None] {
        let judgement = judged(&made.letter, form, State::HandedOver);
        assert!(matches!(judgement, Judgement::Positive(_)), "{form:?}: {judgement:?}");
    }
}

/// Two partners may share a gateway, and its signer: the outer From says whose
/// entry is tried first.
#[test]
fn a_signer_of_two_partners() {
    let made = receipt_letter(&in_form(facts(), Form::InClear), &keys().hm.0, &profile()).unwrap();
    let mut desk = desk(ReceiptForm::MdnSigned);
    desk.partners[0].trust.pins.push(keys().hm.1.clone());
    let table = table(State::HandedOver);
    let judgement = judge(&made.letter, LineEnds::Crlf, &desk, &table, at());
    assert!(matches!(judgement, Judgement::Positive(_)), "{judgement:?}");
}

#[test]
fn training_is_said_under_the_seal() {
    let facts = MdnFacts { environment: Environment::Training, ..facts() };
    let entity = String::from_utf8(report_entity(&facts)).unwrap();
    assert!(entity.contains("\r\nCertpost-Environment: training\r\n"), "{entity}");
}

#[test]
fn every_no_is_taken_with_its_words() {
    for reason in Reason::ALL {
        let said = Said::Failed { reason: *reason, words: "x".to_owned() };
        let judgement = check(&saying(said, Form::Sealed), &profile());
        let Judgement::Negative(receipt) = &judgement else { panic!("{judgement:?}") };
        assert_eq!(receipt.reason.as_deref(), Some(reason.as_str()));
        assert_eq!(receipt.words, [format!("{}: x", reason.as_str())]);
        assert_eq!(receipt.disposition.words, "unexpected-processing-error");
        assert_eq!(judgement.trigger(), Some(Trigger::NotReadable));
    }
    let said = Said::Unsupported(Unsupported::MicAlgorithms);
    let judgement = check(&saying(said, Form::InClear), &profile());
    let Judgement::Negative(receipt) = &judgement else { panic!("{judgement:?}") };
    assert_eq!(receipt.disposition.words, "unsupported MIC-algorithms");
    let said = Said::Warned(vec![("unit.unknown".to_owned(), "kg".to_owned())]);
    let judgement = check(&saying(said, Form::Sealed), &profile());
    let Judgement::Positive(receipt) = judgement else { panic!("{judgement:?}") };
    assert_eq!(receipt.words, ["unit.unknown: kg"]);
}

#[test]
fn the_signature_has_the_digest_of_the_mic() {
    let sha512 = Mic::new(&Digests::of(ENTITY).sha512, DigestAlgorithm::Sha512, "SHA512");
    for (form, wanted) in [(Form::InClear, true), (Form::Sealed, false)] {
        let facts = MdnFacts { owed: Owed { mic: sha512.clone(), ..owed(form) }, ..facts() };
        let made = receipt_letter(&facts, &keys().hm.0, &profile()).unwrap();
        let letter = String::from_utf8(made.letter.clone()).unwrap();
        assert_eq!(letter.contains(" micalg=sha-512; "), wanted);
        let judgement = judged(&made.letter, form_of(facts.owed.form), State::HandedOver);
        assert!(matches!(judgement, Judgement::Positive(_)), "{judgement:?}");
    }
}

#[test]
fn keys_of_an_elliptic_curve_sign_receipts_too() {
    let authority = authority("Curves").unwrap();
    let wanted = Wanted { key: KeyKind::P256, ..Wanted::mail("HM curve", HM) };
    let (x509, key) = authority.issue_as(&wanted).unwrap();
    let identity = SigningIdentity::from_pem(&x509, &key, None).unwrap();
    let profile = SealProfile { signature: SignatureAlgorithm::EcdsaP256Sha256, ..profile() };
    let mic = Mic::new(&Digests::of(ENTITY).sha384, DigestAlgorithm::Sha384, "sha384");
    let made = receipt_letter(
        &MdnFacts { owed: Owed { mic, ..owed(Form::InClear) }, ..facts() },
        &identity,
        &profile,
    )
    .unwrap();
    let mut desk = desk(ReceiptForm::MdnSigned);
    desk.partners[1].trust.pins.push(Pin::from_pem(&x509).unwrap());
    let table = table(State::HandedOver);
    let judgement = judge(&made.letter, LineEnds::Crlf, &desk, &table, at());
    assert!(matches!(judgement, Judgement::Positive(_)), "{judgement:?}");
}

/// Step 13 says what the table of transitions says.
#[test]
fn the_first_final_answer_wins() {
    let yes = receipt_letter(&in_form(facts(), Form::InClear), &keys().hm.0, &profile()).unwrap();
    let no = Said::Failed { reason: Reason::Stale, words: String::new() };
    let no = saying(no, Form::InClear);
    let no = receipt_letter(&no, &keys().hm.0, &profile()).unwrap();
    for state in State::ALL.iter().copied() {
        for letter in [&yes.letter, &no.letter] {
            let judgement = judged(letter, ReceiptForm::MdnSigned, state);
            if state.is_untried() {
                assert_eq!(judgement.code(), Some(ReceiptCode::Unknown));
                continue;
            }
            let step = decide(state, judgement.trigger().unwrap()).unwrap();
            let event = step.event.map(crate::delivery::EventKind::as_str);
            match &judgement {
                Judgement::Positive(_) => assert_eq!(event, Some("received-by-partner")),
                Judgement::Negative(_) => assert_eq!(event, Some("not-readable")),
                Judgement::Repeat(_) => assert_eq!((event, step.state), (None, state)),
                Judgement::Late(_) => {
                    assert_eq!((event, step.state), (Some("contradiction"), state))
                }
                other => panic!("{state}: {other:?}"),
            }
        }
    }
}
