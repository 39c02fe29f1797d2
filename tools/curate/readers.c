/* readers.c - the table of readers */
#include "tools/curate/readers.h"

#include <stddef.h>

static const char *const train_test[] = { "train", "test", NULL };
static const char *const train_val_test[] = { "train", "val", "test", NULL };
static const char *const train_val[] = { "train", "val", NULL };
static const char *const splits_affectnet[] = { "train", "val", "automatic", NULL };
static const char *const splits_300w[] = { "train", "common", "challenge", "test", NULL };
static const char *const test[] = { "test", NULL };

const struct reader curate_readers[] = {
	{ "vggface2", "VGGFace2, 3.31 million pictures of 9,131 persons",
	  "the Visual Geometry Group of Oxford or its mirrors, on registration",
	  "  train/n000002/0001_01.jpg test/..\n"
	  "  bb_landmark/loose_bb_train.csv loose_landmark_train.csv (and test), or train_list.txt test_list.txt",
	  train_test, .read = read_vggface2 },
	{ "300w-lp", "300W-LP, 122,450 faces turned in 3D, with 3DMM parameters",
	  "the page of 3DDFA (Face Alignment Across Large Poses)",
	  "  AFW/*.jpg *.mat, AFW_Flip/, HELEN/, HELEN_Flip/, IBUG/, IBUG_Flip/, LFPW/, LFPW_Flip/\n"
	  "  landmarks/AFW/*_pts.mat and so on",
	  NULL, .read = read_300w_lp, .takes_params = true },
	{ "imdb-face", "IMDb-Face, 1.7 million faces of 59,000 persons",
	  "the repository IMDb-Face on GitHub (the list; pictures are behind its URLs)",
	  "  IMDb-Face.csv\n"
	  "  PERSON/IMAGE, the pictures, by the list's columns name and image",
	  NULL, .read = read_imdb_face },
	{ "affectnet", "AffectNet, expression, valence and arousal of faces",
	  "its authors (Mohammad Mahoor, University of Denver), on request",
	  "  Manually_Annotated_file_lists/training.csv validation.csv, Manually_Annotated_Images/\n"
	  "  Automatically_Annotated_file_lists/automatically_annotated.csv, Automatically_Annotated_Images/\n"
	  "  or train_set/images/*.jpg train_set/annotations/*_exp.npy *_val.npy *_aro.npy *_lnd.npy, val_set/..",
	  splits_affectnet, .read = read_affectnet, .takes_classes = true },
	{ "wider", "WIDER FACE, 32,203 photos with 393,703 boxes", "the page of WIDER FACE",
	  "  WIDER_train/images/0--Parade/*.jpg WIDER_val/.. WIDER_test/..\n"
	  "  wider_face_split/wider_face_train_bbx_gt.txt wider_face_val_bbx_gt.txt wider_face_test_filelist.txt\n"
	  "  ground_truth/wider_face_val.mat and its three lists, instead of the text for val\n"
	  "  or RetinaFace's train/label.txt val/label.txt, with train/images/0--Parade/.. if not in WIDER_train/",
	  train_val_test, .read = read_wider },
	{ "300w", "300W, 3,837 faces with 68 points", "the page of 300W (iBUG, Imperial College London)",
	  "  afw/*.jpg *.pts, helen/trainset/, helen/testset/, lfpw/trainset/, lfpw/testset/, ibug/\n"
	  "  or HRNet's face_landmarks_300w_train.csv _valid_common.csv _valid_challenge.csv _test.csv and images/afw/..",
	  splits_300w, .read = read_300w },
	{ "wflw", "WFLW, 10,000 faces with 98 points and attributes", "the page of WFLW (Look at Boundary)",
	  "  WFLW_images/0--Parade/*.jpg\n"
	  "  WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt and _test.txt",
	  train_test, .read = read_wflw },
	{ "cofw", "COFW, 1,852 faces with 29 points, many of them hidden",
	  "the page of COFW (Caltech: Robust face landmark estimation under occlusion)",
	  "  COFW_train_color.mat COFW_test_color.mat, or the grey COFW_train.mat COFW_test.mat; --pictures DIR writes\n"
	  "  the pictures inside as DIR/train/1.png ..; without it they are looked for as train/1.png .. in --root",
	  train_test, .read = read_cofw, .takes_pictures = true },
	{ "cofw68", "COFW-68, 68 points for the 507 test faces of COFW", "the repository cofw68-benchmark on GitHub",
	  "  COFW68_Data/test_annotations/1_points.mat .. 507_points.mat\n"
	  "  COFW68_Data/cofw68_test_bboxes.mat\n"
	  "  images/1.png .. 507.png, the pictures of COFW's test set; or COFW_test_color.mat or COFW_test.mat beside it,\n"
	  "  with --pictures DIR, which writes them to DIR/images",
	  test, .read = read_cofw68, .takes_pictures = true },
	{ "ijbb", "IJB-B, 227,630 pictures in 12,115 templates",
	  "NIST, on request; cropped and with lists: the page of insightface's IJB evaluation",
	  "  loose_crop/1.jpg ..\n"
	  "  meta/ijbb_face_tid_mid.txt ijbb_name_5pts_score.txt (and ijbb_template_pair_label.txt, for frl-eval)\n"
	  "  meta/ijbb_1N_gallery_S1.csv _S2.csv ijbb_1N_probe_mixed.csv, for identities and frl-eval",
	  NULL, .read = read_ijbb },
	{ "ijbc", "IJB-C, 469,375 pictures in 23,124 templates",
	  "NIST, on request; cropped and with lists: the page of insightface's IJB evaluation",
	  "  loose_crop/1.jpg ..\n"
	  "  meta/ijbc_face_tid_mid.txt ijbc_name_5pts_score.txt (and ijbc_template_pair_label.txt, for frl-eval)\n"
	  "  meta/ijbc_1N_gallery_G1.csv _G2.csv ijbc_1N_probe_mixed.csv, for identities and frl-eval",
	  NULL, .read = read_ijbc },
	{ "aflw19", "AFLW-19, 24,386 faces of AFLW with 19 points",
	  "the page of AFLW (Graz University of Technology), on request; the .mat from CCL's (Zhu et al., CVPR 2016)",
	  "  AFLWinfo_release.mat\n"
	  "  data/flickr/0/*.jpg 2/*.jpg 3/*.jpg\n"
	  "  or HRNet's face_landmarks_aflw_train.csv _test.csv _test_frontal.csv and images/..",
	  train_test, .read = read_aflw19 },
	{ "disfa", "DISFA, 130,815 frames of 27 persons with 12 action units",
	  "the page of DISFA (University of Denver), on request",
	  "  ActionUnit_Labels/SN001/SN001_au1.txt ..\n"
	  "  frames/SN001/00001.jpg .., the frames of Videos_LeftCamera (man frl-curate has the command)",
	  NULL, .read = read_disfa },
	{ "bp4d", "BP4D, 41 persons in 8 tasks with five action units",
	  "the page of BP4D-Spontaneous (Binghamton University), on request",
	  "  AU Intensity Codes3.0/AU06/F001_T1_AU06.csv ..\n"
	  "  F001/T1/2440.jpg .., the frames",
	  train_val, .read = read_bp4d },
	{ "lfw", "Labeled Faces in the Wild, 13,233 pictures of 5,749 persons",
	  "the page of LFW (University of Massachusetts)",
	  "  lfw/Aaron_Eckhart/Aaron_Eckhart_0001.jpg (or lfw-deepfunneled/, lfw_funneled/, or no such folder)\n"
	  "  pairs.txt, for the folds of View 2",
	  NULL, .read = read_lfw },
	{ "aflw2000", "AFLW2000-3D, 2,000 faces with 68 points in 3D",
	  "the page of 3DDFA (Face Alignment Across Large Poses)", "  AFLW2000/image00002.jpg image00002.mat ..", NULL,
	  .read = read_aflw2000, .takes_params = true },
	{ "florence", "Florence 2D/3D (MICC), 3D scans of 53 persons",
	  "the Media Integration and Communication Center of Florence (MICC), on signing its agreement",
	  "  subject_01/Model/frontal1/obj/*.obj, frontal2/, sideL/, sideR/\n"
	  "  poses.tsv, columns pitch and yaw, where renders of the frontal scans are wanted as renders/subject_01/..",
	  NULL, .read = read_florence },
	{ "folder", "a folder of pictures, whatever is in it", "anywhere", "  *.jpg *.jpeg *.png, at any depth", NULL,
	  .read = read_folder },
	{ 0 },
};
